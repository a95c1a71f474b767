//! What the sealed rows say: one type a kind, each with its bytes.
//!
//! Rows are CBOR arrays with numbered fields.

mod contact;
mod file;
mod identity;
mod inbox;
mod message;
mod outgoing;
mod session;

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

pub(super) use self::contact::BundleRow;
pub(super) use self::contact::ContactRow;
pub(super) use self::contact::FarewellRow;
pub(super) use self::contact::MarkRow;
pub(super) use self::contact::OutBundle;
pub(super) use self::contact::TimerNamedRow;
pub(super) use self::file::Ending;
pub(super) use self::file::FileNote;
pub(super) use self::file::FileRow;
pub(super) use self::file::FileStage;
pub(super) use self::file::LeftoverRow;
pub(super) use self::file::SourceRow;
pub(super) use self::file::WhyNot;
pub(super) use self::identity::IdentityRow;
pub(super) use self::identity::NetworkRow;
pub(super) use self::identity::SettingsRow;
pub(super) use self::inbox::Bytes;
pub(super) use self::inbox::DueRow;
pub(super) use self::inbox::HeldRow;
pub(super) use self::inbox::ItemBytes;
pub(super) use self::inbox::JoinRow;
pub(super) use self::inbox::PartRow;
pub(super) use self::inbox::Told;
pub(super) use self::message::EarlyRow;
pub(super) use self::message::FuseRow;
pub(super) use self::message::MessageRow;
pub(super) use self::message::Name;
pub(super) use self::message::Progress;
pub(super) use self::message::SeenRow;
pub(super) use self::outgoing::About;
pub(super) use self::outgoing::Failed;
pub(super) use self::outgoing::Held;
pub(super) use self::outgoing::Outgoing;
pub(super) use self::outgoing::OutgoingItem;
pub(super) use self::outgoing::OutgoingRow;
pub(super) use self::outgoing::PutRow;
pub(super) use self::outgoing::Sent;
pub(super) use self::outgoing::Subject;
pub(super) use self::session::SessionRow;

use crate::crypto::secret::SecretBytes;
use crate::net::client::profile::Kind;
use crate::net::client::profile::Profile;
use crate::net::client::profile::ProfileError;

/// A contact's number in this profile.
pub(super) type ContactNumber = u64;

/// A row of one kind.
pub(super) trait Record: Encode<()> + for<'b> Decode<'b, ()> {
    const KIND: Kind;
}

/// Stages a row.
pub(super) fn put<T: Record>(profile: &mut Profile, id: &[u8], record: &T) {
    // Counted first: a vector that grows would leave unwiped copies behind.
    let mut len = Count(0);
    let mut bytes = match minicbor::encode(record, &mut len) {
        Ok(()) => Zeroizing::new(Vec::with_capacity(len.0)),
        Err(_) => return,
    };
    // Writing into a vector cannot fail.
    if minicbor::encode(record, &mut *bytes).is_ok() {
        profile.put(T::KIND, id, bytes);
    }
}

/// Counts what is written.
struct Count(usize);

impl minicbor::encode::Write for &mut Count {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0 += bytes.len();
        Ok(())
    }
}

/// Every row of a kind.
pub(super) fn all<T: Record>(profile: &Profile) -> Result<Vec<(Vec<u8>, T)>, ProfileError> {
    profile.rows(T::KIND)?.into_iter().map(|(id, row)| Ok((id, read(&row)?))).collect()
}

/// One row.
pub(super) fn one<T: Record>(profile: &Profile, id: &[u8]) -> Result<Option<T>, ProfileError> {
    profile.row(T::KIND, id)?.map(|row| read(&row)).transpose()
}

pub(super) fn read<T: Record>(row: &SecretBytes) -> Result<T, ProfileError> {
    minicbor::decode(row.expose()).map_err(|_| ProfileError::Damaged)
}

/// A row id of a fixed length.
pub(super) fn name<const N: usize>(id: &[u8]) -> Result<[u8; N], ProfileError> {
    id.try_into().map_err(|_| ProfileError::Damaged)
}

/// The row id of something of a contact's: the number, so that all of it can be found, and more.
pub(super) fn of_contact(contact: ContactNumber, rest: &[u8]) -> Vec<u8> {
    [&contact.to_be_bytes()[..], rest].concat()
}

/// The contact's number and the rest of such a row id.
pub(super) fn parted<const N: usize>(id: &[u8]) -> Result<(ContactNumber, [u8; N]), ProfileError> {
    let (contact, rest) = id.split_first_chunk().ok_or(ProfileError::Damaged)?;
    Ok((u64::from_be_bytes(*contact), name(rest)?))
}

/// Byte strings that are wiped when dropped.
mod secret {
    use minicbor::Decoder;
    use minicbor::Encoder;
    use minicbor::encode::Write;
    use zeroize::Zeroize;
    use zeroize::Zeroizing;

    pub(super) fn encode<C, W: Write, T: AsRef<[u8]> + Zeroize>(
        bytes: &Zeroizing<T>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes((**bytes).as_ref())?.ok()
    }

    pub(super) fn decode<'b, C, T: TryFrom<&'b [u8]> + Zeroize>(
        d: &mut Decoder<'b>,
        _: &mut C,
    ) -> Result<Zeroizing<T>, minicbor::decode::Error> {
        let bytes = d.bytes()?.try_into();
        bytes.map(Zeroizing::new).map_err(|_| minicbor::decode::Error::message("another length"))
    }
}

macro_rules! records {
    ($($row:ty => $kind:ident),* $(,)?) => {
        $(impl Record for $row {
            const KIND: Kind = Kind::$kind;
        })*
    };
}

records! {
    IdentityRow => Identity,
    NetworkRow => Network,
    ContactRow => Contact,
    MarkRow => Mark,
    SessionRow => Session,
    BundleRow => Bundle,
    OutgoingRow => Outgoing,
    PutRow => Put,
    MessageRow => Message,
    SeenRow => Seen,
    HeldRow => Held,
    FarewellRow => Farewell,
    DueRow => Due,
    PartRow => Part,
    JoinRow => Join,
    EarlyRow => Early,
    FuseRow => Fuse,
    SettingsRow => Settings,
    FileRow => File,
    LeftoverRow => Leftover,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wiped has the form that it had where it was not.
    #[test]
    fn secrets_are_written_as_other_bytes_are() {
        let written = |item: Option<ItemBytes>| {
            let row = HeldRow { contact: 1, name: [2; 16], item, written: 3, since: 4 };
            let mut bytes = Vec::new();
            minicbor::encode(&row, &mut bytes).unwrap();
            let read: HeldRow = minicbor::decode(&bytes).unwrap();
            assert!(read.item.map(|ItemBytes(item)| item) == row.item.map(|ItemBytes(item)| item));
            bytes
        };
        let held = |item: &[u8]| [&[0x85, 1, 0x50], &[2; 16][..], item, &[3, 4]].concat();
        let item = vec![7, 1, 2].into();
        assert_eq!(written(Some(ItemBytes(item))), held(&[0x43, 7, 1, 2]));
        assert_eq!(written(None), held(&[0xf6]));
    }

    #[test]
    fn a_secret_of_another_length_is_damage() {
        for len in [31, 32, 33] {
            let row = [&[0x83, 0x58, len][..], &vec![5; usize::from(len)], &[0x50], &[6; 16]];
            let row = SecretBytes::new([&row.concat()[..], &[0xf6]].concat());
            let read: Result<OutBundle, _> = minicbor::decode(row.expose());
            assert_eq!(read.is_ok(), len == 32);
        }
    }
}
