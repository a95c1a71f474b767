//! The rules about records that hold in every state: which may come, and how the next one is sealed.

use core::fmt;

use super::PADDED_LEN;
use super::alert::AlertDescription;
use super::alert::alert_for;
use super::error::Error;
use super::error::Failure;
use super::error::PeerMisbehaved;
use super::messages::Message;
use super::record;
use super::record::ContentType;
use super::record::Header;
use super::record::Opener;
use super::record::Sealer;

/// Both directions of a handshake under way.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
}

impl Records {
    /// Nothing is sealed yet.
    pub(super) fn new(incoming: Incoming) -> Self {
        Self { incoming, outgoing: Outgoing { sealer: None } }
    }

    /// The end of the handshake: the error, and the alert under the keys of this moment.
    pub(super) fn fail(mut self, error: Error) -> Failure {
        let mut alert = Vec::new();
        if let Some(description) = alert_for(error) {
            // Where not even an alert can be sealed, closing without one is all that is left.
            let _ = self.outgoing.alert(description, &mut alert);
        }
        Failure { error, alert }
    }
}

/// What an accepted record brought.
pub(super) enum Content {
    /// A piece of the handshake: see [`Incoming::next_message`].
    Handshake,
    /// Application data.
    Data(Vec<u8>),
    /// Nothing to act on.
    Nothing,
}

/// The direction from the peer.
pub(super) struct Incoming {
    opener: Option<Opener>,
    /// Handshake messages that are not complete yet: never more than one message and one record.
    pieces: Vec<u8>,
    /// How many more change_cipher_spec records are dropped.
    change_cipher_specs: u8,
    /// Whether a peer without keys may still say what is wrong.
    takes_plain_alert: bool,
    /// Whether the peer has said that it is about to close.
    canceled: bool,
}

impl Incoming {
    /// For a client: a change_cipher_spec may come as soon as its ClientHello is out.
    pub(super) fn for_client() -> Self {
        Self { change_cipher_specs: MAX_CHANGE_CIPHER_SPECS, ..Self::for_server() }
    }

    /// For a server: none may come before the ClientHello.
    pub(super) fn for_server() -> Self {
        Self {
            opener: None,
            pieces: Vec::new(),
            change_cipher_specs: 0,
            takes_plain_alert: false,
            canceled: false,
        }
    }

    /// From the ClientHello to the peer's Finished, change_cipher_spec is dropped.
    pub(super) fn tolerate_change_cipher_spec(&mut self) {
        self.change_cipher_specs = MAX_CHANGE_CIPHER_SPECS;
    }

    /// After the peer's Finished it is an error.
    pub(super) fn refuse_change_cipher_spec(&mut self) {
        self.change_cipher_specs = 0;
    }

    /// The records that follow are sealed under other keys.
    ///
    /// "Implementations MUST verify that all messages immediately preceding a key change align with
    /// a record boundary" (section 5.1).
    pub(super) fn install(&mut self, opener: Opener) -> Result<(), Error> {
        self.check_boundary()?;
        self.opener = Some(opener);
        self.takes_plain_alert = false;
        Ok(())
    }

    /// Nothing of the peer's may stand behind the message that was just taken.
    pub(super) fn check_boundary(&self) -> Result<(), Error> {
        if !self.pieces.is_empty() {
            return Err(PeerMisbehaved::NotAtRecordBoundary.into());
        }
        Ok(())
    }

    /// For a server that has just answered: a client that could make nothing of the answer has no
    /// keys to say so under. Until the first sealed record, its alert may come in plaintext.
    pub(super) fn tolerate_plain_alert(&mut self) {
        self.takes_plain_alert = true;
    }

    /// Takes one record.
    pub(super) fn receive(&mut self, header: &Header, mut body: Vec<u8>) -> Result<Content, Error> {
        if body.len() != header.len() {
            return Err(Error::ApiMisuse);
        }
        let content_type = match (&mut self.opener, header.content_type()) {
            (_, ContentType::ChangeCipherSpec) => return self.drop_change_cipher_spec(&body),
            (Some(opener), ContentType::ApplicationData) => {
                self.takes_plain_alert = false;
                opener.open(header, &mut body)?
            }
            (Some(_), ContentType::Alert) if self.takes_plain_alert => ContentType::Alert,
            (Some(_), _) | (None, ContentType::ApplicationData) => return unexpected(),
            (None, content_type) => content_type,
        };
        self.accept(content_type, body)
    }

    fn accept(&mut self, content_type: ContentType, content: Vec<u8>) -> Result<Content, Error> {
        // "Implementations MUST NOT send zero-length fragments of Handshake types" and of alerts.
        if content.is_empty() && content_type != ContentType::ApplicationData {
            return Err(PeerMisbehaved::EmptyFragment.into());
        }
        // "Handshake messages MUST NOT be interleaved with other record types."
        if !self.pieces.is_empty() && content_type != ContentType::Handshake {
            return unexpected();
        }
        match content_type {
            ContentType::Handshake => {
                self.pieces.extend_from_slice(&content);
                Ok(Content::Handshake)
            }
            ContentType::Alert => self.take_alert(AlertDescription::parse(&content)?),
            ContentType::ApplicationData => Ok(Content::Data(content)),
            ContentType::ChangeCipherSpec => unexpected(),
        }
    }

    /// Every alert is the end but one: user_canceled says that the end is near, and "SHOULD be
    /// followed by a 'close_notify'" (section 6.1). Once is enough.
    fn take_alert(&mut self, description: AlertDescription) -> Result<Content, Error> {
        if description == AlertDescription::USER_CANCELED && !self.canceled {
            self.canceled = true;
            return Ok(Content::Nothing);
        }
        Err(Error::PeerAlert(description))
    }

    /// "An implementation may receive an unencrypted record of type change_cipher_spec consisting of
    /// the single byte value 0x01 … and MUST simply drop it" (section 5); anything else is refused.
    fn drop_change_cipher_spec(&mut self, body: &[u8]) -> Result<Content, Error> {
        if body != [1] || !self.pieces.is_empty() {
            return unexpected();
        }
        let Some(left) = self.change_cipher_specs.checked_sub(1) else { return unexpected() };
        self.change_cipher_specs = left;
        Ok(Content::Nothing)
    }

    /// The next complete handshake message, if there is one.
    pub(super) fn next_message(&mut self) -> Result<Option<Message>, Error> {
        let Some(len) = Message::len_of_first(&self.pieces)? else { return Ok(None) };
        if self.pieces.len() < len {
            return Ok(None);
        }
        let rest = self.pieces.split_off(len);
        Message::new(core::mem::replace(&mut self.pieces, rest)).map(Some)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opener, pieces: _, change_cipher_specs: _, takes_plain_alert: _, canceled: _ } =
            self;
        f.debug_struct("Incoming").field("opener", opener).finish_non_exhaustive()
    }
}

/// The direction to the peer.
#[derive(Debug)]
pub(super) struct Outgoing {
    sealer: Option<Sealer>,
}

impl Outgoing {
    /// The records that follow are sealed under other keys.
    pub(super) fn install(&mut self, sealer: Sealer) {
        self.sealer = Some(sealer);
    }

    /// Appends records with handshake messages, unpadded: none of ours is longer than one record.
    pub(super) fn handshake(&mut self, messages: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        match &mut self.sealer {
            Some(sealer) => sealer.seal(ContentType::Handshake, messages, 0, out),
            None => record::write_plain(ContentType::Handshake, messages, out),
        }
    }

    /// Appends a record with application data, padded to the one size.
    pub(super) fn data(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let sealer = self.sealer.as_mut().ok_or(Error::ApiMisuse)?;
        sealer.seal(ContentType::ApplicationData, content, PADDED_LEN, out)
    }

    /// Appends a KeyUpdate of the one size, and goes on under these keys.
    pub(super) fn update(
        &mut self,
        message: &[u8],
        next: Sealer,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let sealer = self.sealer.as_mut().ok_or(Error::ApiMisuse)?;
        sealer.seal(ContentType::Handshake, message, PADDED_LEN, out)?;
        *sealer = next;
        Ok(())
    }

    /// Whether the key has sealed nearly as many records as it may.
    pub(super) fn is_worn(&self) -> bool {
        self.sealer.as_ref().is_some_and(Sealer::is_worn)
    }

    /// Appends an alert: once records are sealed it has the size of every other.
    pub(super) fn alert(
        &mut self,
        description: AlertDescription,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let content = description.to_bytes();
        match &mut self.sealer {
            Some(sealer) => sealer.seal(ContentType::Alert, &content, PADDED_LEN, out),
            None => record::write_plain(ContentType::Alert, &content, out),
        }
    }
}

fn unexpected<T>() -> Result<T, Error> {
    Err(PeerMisbehaved::UnexpectedMessage.into())
}

/// Section 5 has every one of them dropped and names no bound; [appendix
/// D.4](https://www.rfc-editor.org/rfc/rfc8446#appendix-D.4) has each side send one. Each is six bytes
/// that cost their reader nothing but the reading. As many as OpenSSL takes: far above what anybody
/// means well sends, and an end to a flood before the handshake's deadline.
const MAX_CHANGE_CIPHER_SPECS: u8 = 32;
