//! Buffers that wait for the next record: a busy channel needs no memory of its own for one, and an
//! idle channel holds none.
//!
//! ```text
//!   take ->  a body arrives  ->  opened where it is  ->  lent to the reader's caller  -> give
//!   take ->  records are sealed into it  ->  written                                  -> give
//! ```
//!
//! What was in a buffer stays in it until it is written over: ciphertext, or cells, in which all that
//! is anybody's is sealed once more.

use core::cell::RefCell;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, which may have room already.
pub(super) fn take() -> Vec<u8> {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Takes a buffer back, if there is use for it.
pub(super) fn give(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 || buffer.capacity() > MAX_SPARE_LEN {
        return;
    }
    buffer.clear();
    SPARE.with_borrow_mut(|spare| {
        if spare.len() < MAX_SPARE {
            spare.push(buffer);
        }
    });
}

/// How many buffers a thread keeps: as many channels as are at work in one turn of its tasks.
const MAX_SPARE: usize = 16;
/// The largest that is kept: a batch of records (`writer`'s bound and one more), doubled as vectors do.
const MAX_SPARE_LEN: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_few_buffers_and_none_that_is_large() {
        for _ in 0..2 * MAX_SPARE {
            give(Vec::with_capacity(100));
        }
        give(Vec::with_capacity(MAX_SPARE_LEN + 1));
        assert_eq!(SPARE.with_borrow(Vec::len), MAX_SPARE);
        give(vec![1; 100]);
        for _ in 0..MAX_SPARE {
            let buffer = take();
            assert!(buffer.is_empty() && (100..=MAX_SPARE_LEN).contains(&buffer.capacity()));
        }
        assert_eq!(take().capacity(), 0);
    }
}
