//! Buffers that wait for the next record: a busy channel needs no memory of its own for one, and an
//! idle channel holds none.
//!
//! ```text
//!   take ->  a body arrives  ->  opened where it is  ->  lent to the reader's caller  -> give_opened
//!   take ->  records are sealed into it  ->  written                                  -> give
//! ```
//!
//! What waits here is ciphertext or zeros: what a record carried names mailboxes, and is wiped.

use core::cell::RefCell;

use zeroize::Zeroize as _;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, which may have room already.
pub(super) fn take() -> Vec<u8> {
    let mut buffer = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.clear();
    buffer
}

/// Takes a buffer back that holds sealed records.
pub(super) fn give(buffer: Vec<u8>) {
    keep(buffer);
}

/// Takes a buffer back that holds what a record carried, and wipes it.
pub(super) fn give_opened(mut buffer: Vec<u8>) {
    // Memory that stays in use: these stores are not left out, and at a cell's length they take a
    // twentieth of the time of `zeroize`, which writes byte by byte.
    buffer.fill(0);
    if let Some(mut unwanted) = keep(buffer) {
        // Before memory is freed they might be.
        unwanted.zeroize();
    }
}

/// Keeps a buffer, or hands it back if there is no use for it.
fn keep(buffer: Vec<u8>) -> Option<Vec<u8>> {
    if buffer.capacity() == 0 || buffer.capacity() > MAX_SPARE_LEN {
        return Some(buffer);
    }
    SPARE.with_borrow_mut(|spare| {
        if spare.len() >= MAX_SPARE {
            return Some(buffer);
        }
        spare.push(buffer);
        None
    })
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

    #[test]
    fn what_a_record_carried_is_wiped_before_it_waits() {
        give(vec![1; 100]);
        give_opened(vec![2; 100]);
        let waiting = SPARE.with_borrow(|spare| spare.concat());
        assert_eq!(waiting, [[1; 100], [0; 100]].concat());
        assert_eq!([take(), take()].map(|buffer| buffer.len()), [0, 0]);
    }
}
