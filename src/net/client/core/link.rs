//! Coming and going connections, and which network is on them.

use super::Core;
use super::Line;
use super::Output;
use super::network;
use super::network::Distrust;
use crate::crypto::CryptoRng;
use crate::handshake::identity::Follow;
use crate::handshake::identity::NetworkId;
use crate::handshake::identity::VerifiedKeySet;
use crate::id::Fingerprint;
use crate::id::Invitation;
use crate::net::cell;
use crate::net::cell::ClientFrame;
use crate::net::cell::Welcome;
use crate::net::client::event::BadKeys;
use crate::net::client::event::Event;
use crate::net::client::event::Notice;
use crate::net::client::event::Refusal;
use crate::net::client::profile::ProfileError;

impl<R: CryptoRng> Core<R> {
    pub(super) fn trust(&mut self, typed: &str) -> Result<(), ProfileError> {
        let Some(found) = self.stranger else {
            self.refuse(Refusal::NothingToTrust);
            return Ok(());
        };
        if !network::accepts(typed, found) {
            self.refuse(Refusal::NotTheFingerprint);
            return Ok(());
        }
        self.stranger = None;
        self.announced = false;
        self.address = self.address.with_fingerprint(Fingerprint::from_bytes(*found.as_bytes()));
        let (address, now) = (self.address.clone(), self.ctx.now);
        self.networks.accept(&mut self.ctx.profile, &address, found, now);
        // Rows of the network at hand are committed before those of the other one are read.
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        self.enter(found)?;
        self.ctx.output.push(Output::Connect);
        Ok(())
    }

    pub(super) fn distrusted(&mut self, distrust: Distrust) {
        self.ctx.output.push(Output::Halt);
        let address = self.address.clone();
        match distrust {
            Distrust::AnotherNetwork { expected, found } => {
                if self.stranger.replace(found) == Some(found) {
                    return;
                }
                let expected = Fingerprint::from_bytes(*expected.as_bytes());
                let found = Fingerprint::from_bytes(*found.as_bytes());
                self.ctx.tell(Event::AnotherNetwork { address, expected, found });
            }
            Distrust::BadKeys(reason) => self.ctx.tell(Event::BadKeys { address, reason }),
        }
    }

    pub(super) fn connected(
        &mut self,
        line: Line,
        verified: &VerifiedKeySet,
        welcome: &Welcome,
    ) -> Result<(), ProfileError> {
        let network = verified.network_id();
        if let Some(expected) = self.ctx.network.filter(|expected| *expected != network) {
            self.distrusted(Distrust::AnotherNetwork { expected, found: network });
            return Ok(());
        }
        let first_use = self.ctx.network.is_none();
        let follow = match self.networks.compare(verified) {
            Ok(follow) => follow,
            // Its keys were good when it began, and newer ones were seen on the other connection
            // since: a refresh has overtaken it. The next attempt is held to the newer ones.
            Err(Distrust::BadKeys(BadKeys::RolledBack)) => {
                self.ctx.output.push(Output::Redial(line));
                return Ok(());
            }
            Err(distrust) => {
                self.distrusted(distrust);
                return Ok(());
            }
        };
        self.networks.accept(&mut self.ctx.profile, &self.address, network, self.ctx.now);
        self.networks.remember(&mut self.ctx.profile, verified);
        if follow == Follow::Newer {
            let sequence = verified.sequence();
            self.ctx.tell(Event::Notice(Notice::KeysRefreshed { sequence }));
        }
        self.disconnected(line);
        self.stranger = None;
        self.ctx.works.demanded(welcome.policy.work);
        let retention = welcome.retention.clamp(LEAST_RETENTION_S, MOST_RETENTION_S);
        if core::mem::replace(&mut self.ctx.retention, retention) != retention {
            // The weeks that are read are others.
            self.contacts.values_mut().for_each(|contact| contact.moved = true);
        }
        let subscriptions = usize::try_from(welcome.limits.subscriptions);
        self.ctx.subscriptions = subscriptions.unwrap_or(usize::MAX);
        if first_use {
            self.enter(network)?;
        }
        self.announce_network(network, first_use);
        self.compare_clocks(welcome);
        self.ctx.came_up(line);
        self.subscribes = true;
        self.contacts.touch_all();
        self.ctx.output.push(Output::Send(line, hello()));
        let names = self.farewells.keys().filter(|name| self.ctx.farewell_line(**name) == line);
        let names: Vec<_> = names.copied().collect();
        names.into_iter().for_each(|name| self.say_farewell(name));
        for command in core::mem::take(&mut self.early) {
            self.command(command)?;
        }
        Ok(())
    }

    pub(super) fn announce_network(&mut self, network: NetworkId, first_use: bool) {
        if self.announced {
            return;
        }
        self.announced = true;
        let fingerprint = Fingerprint::from_bytes(*network.as_bytes());
        let invitation = Invitation::new(self.own_id(), &self.address, fingerprint);
        self.ctx.tell(Event::Network { invitation, first_use });
    }

    /// Tells of a clock that is not the relay's: once, until it is right again.
    fn compare_clocks(&mut self, welcome: &Welcome) {
        let ahead = i128::from(welcome.now) - i128::from(self.ctx.now_s());
        let is_wrong = ahead.abs() > MAX_CLOCK_DIFFERENCE_S;
        if is_wrong && !self.ctx.clock_is_wrong {
            let ahead_s = i64::try_from(ahead).unwrap_or(i64::MAX);
            self.ctx.tell(Event::Notice(Notice::Clock { ahead_s }));
        }
        self.ctx.clock_is_wrong = is_wrong;
        self.ctx.clock_strays = ahead.abs() > MAX_CLOCK_STRAY_S;
    }

    pub(super) fn disconnected(&mut self, line: Line) {
        self.ctx.went_down(line);
        let puts = self.ctx.puts.iter();
        let ids = puts.filter(|(id, put)| self.ctx.put_line(id, &put.row) == line);
        let ids: Vec<[u8; 16]> = ids.map(|(id, _)| *id).collect();
        for id in ids {
            self.ctx.puts.entry(id).and_modify(|put| put.flying = false);
        }
        let mailboxes = self.mailboxes.values_mut();
        mailboxes.filter(|mailbox| mailbox.line == line).for_each(|mailbox| {
            mailbox.subscribed = false;
            mailbox.ack = None;
        });
        self.subscribes = true;
        self.contacts.touch_all();
    }
}

/// What a private network wants proven is bound to the channel, and added where that is.
const fn hello() -> ClientFrame {
    ClientFrame::Hello { version: cell::VERSION, join: None }
}

/// Below this nobody notices, above it people should.
const MAX_CLOCK_DIFFERENCE_S: i128 = 3600;
/// What is sealed by such a clock may lie in a week that nobody reads.
const MAX_CLOCK_STRAY_S: i128 = 24 * 3600;
/// What a relay keeps envelopes for, in seconds: `server -retention` takes 1 to 90 days. By it the
/// private keys of bundles are kept, and mailboxes are read.
const LEAST_RETENTION_S: u64 = 24 * 3600;
const MOST_RETENTION_S: u64 = 90 * 24 * 3600;
