//! What a line shows of a steady connection: the same, whether people talk or not.

use bauta::net::cell;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Pace;
use bauta::net::cell::RelayFrame;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Curve;

use crate::people::Person;
use crate::recorder::DOWN;
use crate::recorder::Log;
use crate::recorder::Recorder;
use crate::recorder::UP;
use crate::recorder::Watched;

/// Long enough that a busy machine skips few of them.
const PACE_MS: u32 = 200;
/// How many cells of a silent line are waited for.
const CELLS: usize = 50;
/// How many of them a busy machine may skip on one line and not on another.
const SKIPPED: usize = 6;
/// As many texts as would be seen.
const TEXTS: usize = 15;

/// How many cells went over each connection of a person so far, in each direction.
fn counts(door: &Recorder) -> Vec<[usize; 2]> {
    let counts = |log: &Log| log.lock().unwrap().cells.each_ref().map(Vec::len);
    door.logs().iter().map(counts).collect()
}

fn grown(door: &Recorder, since: &[[usize; 2]]) -> Vec<[usize; 2]> {
    let now = counts(door);
    assert_eq!(now.len(), since.len(), "a connection was made anew");
    now.iter().zip(since).map(|(now, then)| [now[UP] - then[UP], now[DOWN] - then[DOWN]]).collect()
}

/// Two people who have found each other, and their doors.
struct Couple {
    people: [Person; 2],
    doors: [Recorder; 2],
}

impl Couple {
    async fn meet(watched: &Watched, names: [&str; 2], pace: Option<Pace>) -> Self {
        let doors = [watched.door().await, watched.door().await];
        let channel = ChannelOptions { curve: Curve::X25519, pace, ..ChannelOptions::default() };
        let profile = |name: &str| watched.folder().join("profiles").join(name);
        let mut one = Person::with(&doors[0].address, &profile(names[0]), channel).await;
        let mut other = Person::with(&doors[1].address, &profile(names[1]), channel).await;
        one.ask(other.id, "A").await;
        other.ask(one.id, "B").await;
        one.say(other.id, "here").await;
        other.hears("here").await;
        other.say(one.id, "there").await;
        one.hears("there").await;
        other.delivered().await;
        Self { people: [one, other], doors }
    }

    fn counts(&self) -> [Vec<[usize; 2]>; 2] {
        self.doors.each_ref().map(counts)
    }

    fn grown(&self, since: &[Vec<[usize; 2]>; 2]) -> Vec<[usize; 2]> {
        self.doors.iter().zip(since).flat_map(|(door, since)| grown(door, since)).collect()
    }

    /// Every text there and read, and one back.
    async fn talk(&mut self) {
        let [one, other] = &mut self.people;
        for number in 0..TEXTS {
            one.say(other.id, &format!("text {number}")).await;
        }
        other.hears(&format!("text {}", TEXTS - 1)).await;
        other.say(one.id, "all of it").await;
        one.hears("all of it").await;
    }
}

/// Two people talk, two are silent, all of them steadily; and two who talk as it comes show that
/// the count would have noticed.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_shows_no_more_of_who_talks_than_of_who_is_silent() {
    let watched = Watched::new().await;
    let pace = Pace::from_millis(PACE_MS);
    let mut busy = Couple::meet(&watched, ["anna", "bruno"], pace).await;
    let silent = Couple::meet(&watched, ["carla", "dario"], pace).await;
    let mut loose = Couple::meet(&watched, ["elsa", "fabio"], None).await;
    let before = [busy.counts(), silent.counts(), loose.counts()];
    let wait = async {
        while silent.grown(&before[1]).as_flattened().iter().any(|count| *count < CELLS) {
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(busy.talk(), loose.talk(), wait);
    let [busy_cells, silent_cells] = [busy.grown(&before[0]), silent.grown(&before[1])];
    // Who talked is not told apart: four lines each, both ways.
    let (of_busy, of_silent) = (busy_cells.as_flattened(), silent_cells.as_flattened());
    assert_eq!((of_busy.len(), of_silent.len()), (8, 8));
    let all = || of_busy.iter().chain(of_silent);
    let (least, most) = (all().min().unwrap(), all().max().unwrap());
    assert!(most - least <= SKIPPED, "{busy_cells:?} and {silent_cells:?}");
    // Without it a conversation's lines are told from those of requests at a glance.
    let loose_cells = loose.grown(&before[2]);
    let spread = loose_cells.as_flattened();
    assert!(spread.iter().max().unwrap() - spread.iter().min().unwrap() > SKIPPED, "{spread:?}");
    // The talk went over the steady line: what the relay reads in its cells says so.
    let carried = |direction: usize, is_it: fn(&[u8; cell::CELL_LEN]) -> bool| {
        let logs = busy.doors.iter().flat_map(Recorder::logs);
        let cells = logs.flat_map(|log: Log| log.lock().unwrap().cells[direction].clone());
        cells.filter(is_it).count()
    };
    let puts = carried(UP, |cell| {
        let frames = cell::decode::<ClientFrame>(cell).unwrap();
        frames.iter().any(|frame| matches!(frame, ClientFrame::Put { .. }))
    });
    let empty = carried(DOWN, |cell| cell::decode::<RelayFrame>(cell).unwrap().is_empty());
    assert!(puts > TEXTS && empty > 0, "{puts} envelopes, {empty} empty cells");
    for person in busy.people.into_iter().chain(silent.people).chain(loose.people) {
        person.quit().await;
    }
    watched.network.stop().await.unwrap();
}
