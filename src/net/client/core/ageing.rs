//! Keys of contacts of networks that are not at hand: they are kept no longer than anybody's.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Core;
use super::contact::unreadable;
use super::record;
use super::record::ContactNumber;
use super::record::ContactRow;
use super::record::FarewellRow;
use super::record::PutRow;
use super::record::SessionRow;
use super::record::Subject;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal;
use crate::signal::rendezvous::rules::Action;
use crate::signal::rendezvous::rules::BundleName;
use crate::signal::rendezvous::rules::Rules;
use crate::signal::rendezvous::rules::SessionName;
use crate::signal::session::Session;
use zeroize::Zeroizing;

impl<R: CryptoRng> Core<R> {
    /// Gives up what was kept long enough of contacts that are not at hand: skipped keys, bundles
    /// with their private keys, and sessions.
    pub(super) fn age_elsewhere(&mut self) -> Result<(), ProfileError> {
        let mut away = BTreeMap::new();
        for (id, row) in record::all::<ContactRow>(&self.ctx.profile)? {
            let number: ContactNumber = u64::from_be_bytes(record::name(&id)?);
            if !self.contacts.contains_key(&number) {
                away.insert(number, row);
            }
        }
        if away.is_empty() {
            return Ok(());
        }
        for (id, row) in record::all::<SessionRow>(&self.ctx.profile)? {
            if away.contains_key(&row.contact) {
                self.age_session(&id, row)?;
            }
        }
        let mut forgotten = BTreeSet::new();
        for (number, row) in away {
            self.age_rules(number, row, &mut forgotten)?;
        }
        self.forget_bundles(&forgotten)
    }

    /// Forgets the requests that were to be taken back on networks that are not at hand, once that is
    /// pointless: what they are taken back with opens their mailboxes.
    pub(super) fn lapse_elsewhere(&mut self) -> Result<(), ProfileError> {
        for (id, row) in record::all::<FarewellRow>(&self.ctx.profile)? {
            if row.until < self.ctx.now && !self.farewells.contains_key(&record::name(&id)?) {
                self.ctx.profile.delete(Kind::Farewell, &id);
            }
        }
        Ok(())
    }

    fn age_session(&mut self, id: &[u8], row: SessionRow) -> Result<(), ProfileError> {
        let Some(mut session) = readable(Session::from_bytes(&row.state))? else { return Ok(()) };
        if session.age(self.ctx.day()) {
            let state = Zeroizing::new(session.to_bytes().expose().to_vec());
            self.ctx.write(id, &SessionRow { state, ..row });
        }
        Ok(())
    }

    /// Lets time pass for a contact's rules, and notes the bundles that are to be forgotten.
    fn age_rules(
        &mut self,
        number: ContactNumber,
        row: ContactRow,
        forgotten: &mut BTreeSet<BundleName>,
    ) -> Result<(), ProfileError> {
        let Some(before) = readable(Rules::from_bytes(&row.rules))? else { return Ok(()) };
        let mut rules = before.clone();
        let mut is_done = true;
        for action in rules.tick(self.ctx.now) {
            match action {
                Action::ForgetBundle(name) => {
                    forgotten.insert(name);
                }
                Action::ForgetSession(name) if !self.is_held_for(&name)? => {
                    self.ctx.profile.delete(Kind::Session, &name);
                }
                // What came too early in a session is taken before that is forgotten, which takes
                // the whole contact: its rules stay as they are, and order the same when it is at
                // hand.
                _ => is_done = false,
            }
        }
        if is_done && rules != before {
            let rules = rules.to_bytes();
            self.ctx.write(&number.to_be_bytes(), &ContactRow { rules, ..row });
        }
        Ok(())
    }

    /// Whether something waits in a session for what is before it.
    fn is_held_for(&self, session: &SessionName) -> Result<bool, ProfileError> {
        let behind = [&session[..], &[u8::MAX; 9]].concat();
        Ok(!self.ctx.profile.ids(Kind::Held, session, &behind)?.is_empty())
    }

    /// Destroys bundles, and the envelopes in which they were to go.
    fn forget_bundles(&mut self, names: &BTreeSet<BundleName>) -> Result<(), ProfileError> {
        if names.is_empty() {
            return Ok(());
        }
        names.iter().for_each(|name| self.ctx.profile.delete(Kind::Bundle, name));
        for (id, row) in record::all::<PutRow>(&self.ctx.profile)? {
            if matches!(&row.subject, Subject::Bundle { name } if names.contains(name)) {
                self.ctx.profile.delete(Kind::Put, &id);
            }
        }
        Ok(())
    }
}

/// A state, unless it is damaged: whoever goes to that network is told of it there. One of a newer version
/// is no state for this program, wherever it is.
fn readable<T>(state: Result<T, signal::Error>) -> Result<Option<T>, ProfileError> {
    match state.map_err(unreadable) {
        Ok(state) => Ok(Some(state)),
        Err(ProfileError::Damaged) => Ok(None),
        Err(error) => Err(error),
    }
}
