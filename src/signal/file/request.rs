//! `round(8) ‖ from(4) ‖ up to(4) ‖ zeros`: what the receiver has, and how much may be sent.

use super::PLAIN_LEN;
use super::keys::FileKeys;
use super::keys::Sealed;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::signal::Error;

/// What the receiver asks for. A later one stands above an earlier one in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// Rises when chunks may have been lost: everything from `from` on is to be sent again.
    pub round: u64,
    /// Everything before this chunk is on the receiver's disk.
    pub from: u32,
    /// Everything before this chunk may be sent.
    pub up_to: u32,
}

impl Request {
    /// Seals it: the same request is the same envelope.
    ///
    /// # Errors
    /// None for keys that work.
    pub fn seal(self, keys: &FileKeys) -> Result<Sealed, Error> {
        let mut writer = Writer::with_capacity(PLAIN_LEN);
        writer.u64(self.round).u32(self.from).u32(self.up_to);
        let mut plaintext = writer.into_vec();
        plaintext.resize(PLAIN_LEN, 0);
        keys.seal_request(plaintext)
    }

    /// Opens an envelope from the mailbox with requests.
    ///
    /// # Errors
    /// [`Error`] if it does not authenticate, or asks for what is not in the file, or for more than
    /// [`CREDIT`] chunks.
    pub fn open(keys: &FileKeys, envelope: &[u8]) -> Result<Self, Error> {
        let plaintext = keys.open_request(envelope)?;
        let mut reader = Reader::new(plaintext.expose());
        let decoded =
            (|| Ok::<_, crate::codec::Error>((reader.u64()?, reader.u32()?, reader.u32()?)))();
        let (round, from, up_to) = decoded.map_err(|_| Error::Decode)?;
        let request = Self { round, from, up_to };
        let at_once = up_to.checked_sub(from);
        let is_sane = at_once.is_some_and(|count| count <= CREDIT)
            && up_to <= super::chunks_of(keys.size())
            && reader.rest().iter().all(|byte| *byte == 0);
        if is_sane { Ok(request) } else { Err(Error::Misbehaved) }
    }
}

/// How many chunks the sender may be ahead of what is durable: 4 MB, which no lane has no room for,
/// and all that is ever sent twice after a crash.
pub const CREDIT: u32 = 1_024;

#[cfg(test)]
mod tests {
    use super::super::CHUNK_LEN;
    use super::super::chunk::Chunk;
    use super::super::keys::tests::keys;
    use super::*;
    use crate::signal::BodyAead;

    #[test]
    fn nothing_stands_behind_a_request() {
        let keys = keys(BodyAead::Aes256Gcm, 1 << 20, 1);
        for (at, opens) in [(7, true), (16, false), (PLAIN_LEN - 1, false)] {
            let mut plaintext = vec![0; PLAIN_LEN];
            plaintext[at] = 7;
            let sealed = keys.seal_request(plaintext).unwrap();
            assert_eq!(Request::open(&keys, &sealed.envelope).is_ok(), opens, "{at}");
        }
    }

    #[test]
    fn a_request_comes_back_and_is_the_same_each_time() {
        let keys = keys(BodyAead::Aes256Gcm, 1 << 20, 1);
        let request = Request { round: 7, from: 5, up_to: 200 };
        let sealed = request.seal(&keys).unwrap();
        assert_eq!(Request::open(&keys, &sealed.envelope), Ok(request));
        assert!(request.seal(&keys).unwrap().id == sealed.id);
        let later = Request { up_to: 201, ..request };
        assert!(later > request && later.seal(&keys).unwrap().id != sealed.id);
        for at in 0..sealed.envelope.len() {
            let mut flipped = sealed.envelope.clone();
            flipped[at] ^= 1;
            assert!(Request::open(&keys, &flipped).is_err());
        }
    }

    #[test]
    fn what_is_not_in_the_file_cannot_be_asked_for() {
        let keys = keys(BodyAead::Aes256Gcm, 10 * 3_968, 1);
        for (from, up_to, fits) in [(0, 10, true), (10, 10, true), (0, 11, false), (5, 4, false)] {
            let sealed = Request { round: 0, from, up_to }.seal(&keys).unwrap();
            assert_eq!(Request::open(&keys, &sealed.envelope).is_ok(), fits, "{from} to {up_to}");
        }
    }

    #[test]
    fn no_more_can_be_asked_for_than_is_durable_soon() {
        let keys = keys(BodyAead::Aes256Gcm, 2_000 * 3_968, 1);
        for (from, up_to, fits) in [(0, 1_024, true), (0, 1_025, false), (976, 2_000, true)] {
            let sealed = Request { round: 0, from, up_to }.seal(&keys).unwrap();
            assert_eq!(Request::open(&keys, &sealed.envelope).is_ok(), fits, "{from} to {up_to}");
        }
    }

    #[test]
    fn a_chunk_is_no_request_and_a_request_no_chunk() {
        let keys = keys(BodyAead::Aes256Gcm, 1 << 20, 1);
        let chunk = Chunk::seal(&keys, 0, &[0; CHUNK_LEN]).unwrap();
        assert!(Request::open(&keys, &chunk.envelope).is_err());
        let request = Request { round: 0, from: 0, up_to: 0 }.seal(&keys).unwrap();
        assert!(Chunk::open(&keys, 0, &request.envelope).is_err());
    }
}
