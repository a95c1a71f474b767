//! What time does to sessions of networks that are not at hand.

use super::*;

const DAY: u64 = 24 * 3_600_000;

impl Talk {
    /// Another session that is begun with the peer.
    fn begin_anew(&mut self) -> SessionName {
        let peer = IdentityKey::generate(&mut StdRng::seed_from_u64(1_001));
        assert_eq!(Id::new(*peer.public()), self.contact);
        begin(&mut self.core, &peer, NOW + 1)
    }

    /// The peer answers in a session.
    fn answered(&mut self, session: SessionName) {
        let contact = self.core.contacts.values_mut().next().unwrap();
        let actions = contact.rules.authenticated(session, 0, NOW);
        contact.carry_out(&mut self.core.ctx, actions);
        self.core.release().unwrap();
    }
}

fn session_rows(core: &Core<StdRng>) -> usize {
    core.ctx.profile.rows(Kind::Session).unwrap().len()
}

#[test]
fn a_session_of_another_network_in_which_something_waits_is_kept_until_it_is_taken() {
    for holds in [true, false] {
        let mut talk = Talk::new();
        let (old, new) = (talk.session, talk.begin_anew());
        talk.answered(old);
        talk.answered(new);
        assert!(talk.contact().rules.retired(old).is_some());
        if holds {
            talk.number = 1;
            assert!(talk.item(1, &text("waits for the one before")).is_empty());
        }
        let Talk { _folder: folder, core, .. } = talk;
        drop(core);
        let (mut core, _) = open_at(folder.path(), [8; 32], NOW + 27 * DAY);
        assert_eq!(session_rows(&core), 2, "not yet");
        core.handle(Input::Tick, NOW + 29 * DAY).unwrap();
        assert_eq!(session_rows(&core), if holds { 2 } else { 1 });
        drop(core);

        let (mut core, _) = open_at(folder.path(), [7; 32], NOW + 30 * DAY);
        let told = core.handle(Input::Tick, NOW + 30 * DAY).unwrap();
        let is_text = |output: &&Output| matches!(output, Output::Event(Event::Message(_)));
        assert_eq!(told.iter().filter(is_text).count(), usize::from(holds));
        assert_eq!(session_rows(&core), 1);
        let contact = core.contacts.values().next().unwrap();
        assert_eq!(contact.rules.sessions().collect::<Vec<_>>(), [new]);
    }
}

#[test]
fn a_request_that_was_not_taken_back_in_time_on_another_network_is_forgotten() {
    let mut talk = Talk::new();
    talk.command(Command::Remove { contact: talk.contact });
    let Talk { _folder: folder, core, .. } = talk;
    drop(core);
    let (mut core, _) = open_at(folder.path(), [8; 32], NOW + 20 * DAY);
    let rows = |core: &Core<StdRng>| core.ctx.profile.rows(Kind::Farewell).unwrap().len();
    assert_eq!(rows(&core), 1, "not yet");
    core.handle(Input::Tick, NOW + 22 * DAY).unwrap();
    assert_eq!(rows(&core), 0);
}
