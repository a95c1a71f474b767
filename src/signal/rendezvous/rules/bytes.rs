//! The rules' state as bytes, for sealing at rest.

use super::Entry;
use super::Millis;
use super::OwnBundle;
use super::Rules;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::signal::Error;

impl Rules {
    /// The state as bytes, for sealing at rest.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(FORMAT).u8(u8::from(self.leader));
        for number in [self.issued, self.accepted, self.turn, self.peer_turn] {
            writer.u64(number);
        }
        writer.u64(self.order).u64(self.settled);
        writer.u64(self.repaired).u8(self.strikes);
        writer.u64(self.doubted).u64(self.reassured);
        match &self.sending {
            Some(name) => writer.u8(1).bytes(name),
            None => writer.u8(0),
        };
        writer.vec16(|writer| {
            for bundle in &self.bundles {
                writer.bytes(&bundle.name).u64(bundle.generation).u64(bundle.epoch);
                writer.u64(bundle.order).u64(bundle.keep_until);
            }
        });
        writer.vec16(|writer| {
            for session in &self.sessions {
                writer.bytes(&session.name).u8(u8::from(session.initiated));
                writer.u64(session.generation).u64(session.order).u8(u8::from(session.answered));
                writer.u8(u8::from(session.ordinary));
                writer.u64(session.retired.unwrap_or(Millis::MAX));
            }
        });
        writer.into_vec()
    }

    /// Reads what [`Rules::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Version`] for a format that this program does not know, [`Error::Decode`] for
    /// anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let format = reader.u8()?;
        if !(1..=FORMAT).contains(&format) {
            return Err(Error::Version(format));
        }
        let leader = flag(&mut reader)?;
        let (issued, accepted, turn) = (reader.u64()?, reader.u64()?, reader.u64()?);
        let (peer_turn, order) = (reader.u64()?, reader.u64()?);
        // Format 1 did not have it: then every bundle at hand is answered.
        let settled = if format == 1 { 0 } else { reader.u64()? };
        let repaired = reader.u64()?;
        let strikes = reader.u8()?;
        // Formats 1 and 2 did not have them: nobody was ever in doubt.
        let doubt = if format < 3 { (0, 0) } else { (reader.u64()?, reader.u64()?) };
        let (doubted, reassured) = doubt;
        let sending = if flag(&mut reader)? { Some(reader.array()?) } else { None };
        let mut rules = Self {
            leader,
            issued,
            accepted,
            turn,
            peer_turn,
            order,
            settled,
            bundles: Vec::new(),
            sessions: Vec::new(),
            sending,
            repaired,
            strikes,
            doubted,
            reassured,
        };
        let mut bundles = Reader::new(reader.vec16(MAX_BYTES)?);
        while !bundles.is_empty() {
            rules.bundles.push(OwnBundle {
                name: bundles.array()?,
                generation: bundles.u64()?,
                epoch: bundles.u64()?,
                order: bundles.u64()?,
                keep_until: bundles.u64()?,
            });
        }
        let mut sessions = Reader::new(reader.vec16(MAX_BYTES)?);
        while !sessions.is_empty() {
            rules.sessions.push(entry(&mut sessions, format)?);
        }
        reader.finish()?;
        Ok(rules)
    }
}

fn entry(reader: &mut Reader<'_>, format: u8) -> Result<Entry, Error> {
    let (name, initiated) = (reader.array()?, flag(reader)?);
    let (generation, order, answered) = (reader.u64()?, reader.u64()?, flag(reader)?);
    // Format 1 did not say: then it has worked.
    let ordinary = if format == 1 { answered } else { flag(reader)? };
    let retired = Some(reader.u64()?).filter(|since| *since != Millis::MAX);
    Ok(Entry { name, initiated, generation, order, answered, ordinary, retired })
}

/// One byte, 0 or 1.
fn flag(reader: &mut Reader<'_>) -> Result<bool, Error> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::Decode),
    }
}

const FORMAT: u8 = 3;
/// Above what [`super::MAX_BUNDLES`] of 48 and [`super::MAX_SESSIONS`] of 43 bytes can fill.
const MAX_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::super::Action;
    use super::super::DAY;
    use super::super::Heard;
    use super::super::Moment;
    use super::super::choice::tests::settled_with_requests_out;
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

    #[test]
    fn the_state_survives_its_bytes_and_no_truncation() {
        let mut rules = Rules::new(true);
        assert_eq!(
            rules.ask(3, NOW),
            [Action::PutBundle { generation: NOW, epoch: 3, heard: NOTHING }]
        );
        assert_eq!(rules.issued([1; 16], NOW, 3, NOW + DAY), []);
        let _ = rules.initiated([2; 16], 5, NOTHING, NOW);
        let _ = rules.authenticated([2; 16], 9, NOW);
        let _ = rules.responded([3; 16], [1; 16]);
        let _ = rules.doubt(3, Moment { now: NOW + DAY, unheard: Some(NOW) });
        assert_ne!(rules.doubted, 0);
        let bytes = rules.to_bytes();
        assert_eq!(Rules::from_bytes(&bytes), Ok(rules));
        for len in 0..bytes.len() {
            assert!(Rules::from_bytes(&bytes[..len]).is_err());
        }
        assert!(Rules::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn a_state_of_the_formats_before_is_read() {
        let rules = settled_with_requests_out();
        let mut bytes = rules.to_bytes();
        bytes[0] = 2;
        bytes.drain(59..75);
        assert_eq!(Rules::from_bytes(&bytes).as_ref(), Ok(&rules));
        bytes[0] = 1;
        bytes.drain(42..50);
        // One session, whose last nine bytes are a flag and a time, behind its length.
        let end = bytes.len();
        bytes.remove(end - 9);
        bytes[end - 44] -= 1;
        let read = Rules::from_bytes(&bytes).unwrap();
        assert!(read.sessions.iter().all(Entry::works));
        assert_eq!(
            Rules { sessions: rules.sessions.clone(), ..read },
            Rules { settled: 0, ..rules }
        );
        bytes[0] = 4;
        assert_eq!(Rules::from_bytes(&bytes), Err(Error::Version(4)));
    }
}
