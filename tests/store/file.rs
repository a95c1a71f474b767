//! What only a file can go through: crashes, damage, other processes.

use std::fs;
use std::fs::OpenOptions;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use bauta::crypto::secret::Secret;
use bauta::net::cell::Capability;
use bauta::net::server::store::Change;
use bauta::net::server::store::Damage;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Position;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;
use tempfile::TempDir;

use super::NOW;
use super::RETENTION;
use super::ack;
use super::address;
use super::commit;
use super::envelope;
use super::fetch;
use super::id;
use super::keep;
use super::numbers;
use super::put;
use super::stored;

/// An embedded store in a folder of its own.
pub(super) struct File {
    pub(super) folder: TempDir,
}

impl File {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(super) fn try_open(&self) -> Result<Embedded, StoreError> {
        Embedded::open(&self.path(), StoreLimits::default(), NOW)
    }

    pub(super) fn open(&self) -> Embedded {
        self.try_open().unwrap()
    }

    /// A store with envelopes 0 to `count` in mailbox 1, closed, with everything in its main file.
    pub(super) fn filled(count: u32) -> Self {
        let file = Self::new();
        let mut store = file.open();
        store.commit(&(0..count).map(|n| put(1, n)).collect::<Vec<_>>(), NOW).unwrap();
        drop(store);
        assert!(!file.folder.path().join("store-wal").exists());
        file
    }

    /// Changes the bytes of the file where `pattern` stands.
    pub(super) fn damage(&self, pattern: &[u8]) {
        self.write(self.find(pattern), &[pattern[0] ^ 0x10]);
    }

    /// Overwrites the page in which `pattern` stands with zeros.
    pub(super) fn tear(&self, pattern: &[u8]) {
        self.write(self.find(pattern) / 4096 * 4096, &[0; 4096]);
    }

    fn find(&self, pattern: &[u8]) -> u64 {
        let bytes = fs::read(self.path()).unwrap();
        let at = bytes.windows(pattern.len()).position(|window| window == pattern).unwrap();
        u64::try_from(at).unwrap()
    }

    fn write(&self, at: u64, bytes: &[u8]) {
        let mut file = OpenOptions::new().write(true).open(self.path()).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(bytes).unwrap();
    }
}

/// The files as they are at this moment, as after kill -9: nothing was closed.
pub(super) fn killed(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["store", "store-wal"] {
        fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

#[test]
fn what_was_committed_outlives_kill_and_reopening() {
    let file = File::new();
    let mut store = file.open();
    let positions: Vec<Position> = (0..50).map(|n| keep(&mut store, 1, n)).collect();
    commit(&mut store, ack(1, &positions[..10]));
    let copy = killed(file.folder.path());
    let mut reopened =
        Embedded::open(&copy.path().join("store"), StoreLimits::default(), NOW).unwrap();
    assert_eq!(numbers(&reopened, 1), (10..50).collect::<Vec<_>>());
    assert_eq!((reopened.usage().envelopes, reopened.usage().cold), (40, 0));
    assert!(keep(&mut reopened, 1, 50) > positions[49]);
}

#[test]
fn a_torn_log_loses_nothing_before_the_tear() {
    let file = File::new();
    let mut store = file.open();
    keep(&mut store, 1, 0);
    let whole = fs::metadata(file.folder.path().join("store-wal")).unwrap().len();
    keep(&mut store, 1, 1);
    let copy = killed(file.folder.path());
    let log = OpenOptions::new().write(true).open(copy.path().join("store-wal")).unwrap();
    log.set_len(whole + 2000).unwrap();
    let path = copy.path().join("store");
    let reopened = Embedded::open(&path, StoreLimits::default(), NOW).unwrap();
    assert_eq!(numbers(&reopened, 1), [0]);
}

#[test]
fn time_goes_on_where_it_was() {
    let file = File::new();
    let mut store = file.open();
    keep(&mut store, 1, 0);
    store.sweep(NOW + 100, 10).unwrap();
    drop(store);
    let mut store = Embedded::open(&file.path(), StoreLimits::default(), 5).unwrap();
    assert_eq!(store.sweep(5, 10).unwrap().time_s, NOW + 100);
}

#[test]
fn a_flipped_bit_in_an_envelope_is_reported_and_holds_up_no_other() {
    let file = File::filled(5);
    file.damage(&envelope(2).as_bytes()[..40]);
    let mut store = file.open();
    let fetched = fetch(&store, 1);
    assert_eq!(fetched.envelopes.len(), 4);
    let [damage] = fetched.damaged[..] else { panic!("one is damaged") };
    assert_eq!(damage, Damage::Envelope(3));
    assert_eq!(damage.to_string(), "envelope in row 3");
    let error = store.reader().unwrap().contents().unwrap_err();
    assert!(matches!(error, StoreError::Damaged(Damage::Envelope(3))));
    assert_eq!(error.to_string(), "the store is damaged: envelope in row 3");
    // Its writer can make it good: it is new to its reader, who may have passed its place.
    let usage = store.usage();
    assert_eq!(stored(&commit(&mut store, put(1, 2))), Position::new(6));
    assert_eq!(numbers(&store, 1), [0, 1, 3, 4, 2]);
    assert_eq!(store.usage(), usage);
}

#[test]
fn a_flipped_bit_in_an_id_is_reported() {
    let file = File::filled(2);
    // The table's copy of the id stands before the body; the index's copy elsewhere.
    let mut row = id(1).as_bytes().to_vec();
    row.extend((NOW + RETENTION).to_be_bytes()[4..].iter());
    file.damage(&row);
    let store = file.open();
    assert_eq!(fetch(&store, 1).damaged, [Damage::Envelope(2)]);
}

#[test]
fn a_damaged_mailbox_is_named_on_opening() {
    let file = File::filled(1);
    assert!(file.open().damage().is_empty());
    file.damage(&[1; 32]);
    file.try_open().unwrap();
    // Both the table's and the index's copy.
    file.damage(&[1; 32]);
    let store = file.open();
    assert_eq!(store.damage(), [Damage::Mailbox(1)]);
    assert_eq!(store.damage()[0].to_string(), "mailbox in row 1");
}

/// Changes a closed store behind its back.
pub(super) fn edit(file: &File, sql: &str) {
    rusqlite::Connection::open(file.path()).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_mailbox_with_a_wrong_count_or_time_is_named_and_made_good() {
    let wrong = ["envelopes = 4000000", "envelopes = 0", "acknowledged = 4000000000000"];
    for wrong in wrong {
        let file = File::filled(3);
        edit(&file, &format!("UPDATE mailbox SET {wrong}"));
        let mut store = file.open();
        assert_eq!(store.damage(), [Damage::Mailbox(1)], "{wrong}");
        let usage = store.usage();
        assert_eq!((usage.envelopes, usage.cold, usage.mailboxes), (3, 3, 1), "{wrong}");
        keep(&mut store, 1, 3);
        drop(store);
        assert!(file.open().damage().is_empty(), "{wrong}");
    }
}

#[test]
fn every_change_of_a_mailbox_keeps_its_row_whole() {
    let file = File::filled(3);
    let mut store = file.open();
    let first = keep(&mut store, 2, 0);
    keep(&mut store, 2, 1);
    commit(&mut store, ack(2, &[first]));
    commit(&mut store, Change::Cancel { address: address(1), id: id(0) });
    store.sweep(NOW + 60, 10).unwrap();
    let usage = store.usage();
    drop(store);
    let store = file.open();
    assert!(store.damage().is_empty() && store.usage() == usage);
}

#[test]
fn a_damaged_time_is_named_and_deletes_nothing_too_soon() {
    let file = File::filled(3);
    edit(&file, "UPDATE meta SET value = value + 4000000000 WHERE name = 'time'");
    let mut store = file.open();
    assert_eq!(store.damage(), [Damage::Time]);
    assert_eq!(StoreError::Damaged(Damage::Time).to_string(), "the store is damaged: its time");
    let swept = store.sweep(NOW, 10).unwrap();
    assert!(swept.expired.is_empty() && swept.time_s <= NOW);
    drop(store);
    let store = file.open();
    assert!(store.damage().is_empty());
    assert_eq!(numbers(&store, 1), [0, 1, 2]);
}

#[test]
fn a_cut_file_is_reported() {
    let file = File::filled(100);
    let len = fs::metadata(file.path()).unwrap().len();
    OpenOptions::new().write(true).open(file.path()).unwrap().set_len(len / 2).unwrap();
    let result = file.try_open().and_then(|store| {
        store.reader()?.fetch(&address(1), Position::START, 1000).map(|fetched| fetched.last)
    });
    assert!(matches!(result, Err(StoreError::Damaged(Damage::File))), "{result:?}");
}

/// Where all that is in a mailbox is looked up.
#[test]
fn a_zeroed_page_of_an_index_is_reported() {
    let file = File::filled(1);
    let store = rusqlite::Connection::open(file.path()).unwrap();
    let by_mailbox = "SELECT rootpage FROM sqlite_schema WHERE name = 'envelope_by_mailbox'";
    let page: u32 = store.query_row(by_mailbox, [], |row| row.get(0)).unwrap();
    drop(store);
    file.write(u64::from(page - 1) * 4096, &[0; 4096]);
    let fetched = fetch(&file.open(), 1);
    assert!(fetched.envelopes.is_empty());
    assert_eq!(fetched.damaged, [Damage::File]);
}

#[test]
fn a_second_relay_on_the_same_file_is_refused_by_process() {
    let file = File::new();
    let store = file.open();
    let error = file.try_open().err().unwrap();
    let StoreError::InUse { pid, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*pid, std::process::id().to_string());
    assert!(error.to_string().ends_with(&format!("is in use by process {pid}")));
    drop(store);
    file.open();
}

#[test]
fn a_second_relay_is_refused_by_every_name_of_the_file() {
    let file = File::new();
    let mut store = file.open();
    keep(&mut store, 1, 1);
    let elsewhere = tempfile::tempdir().unwrap();
    let (soft, hard) = (elsewhere.path().join("soft"), elsewhere.path().join("hard"));
    std::os::unix::fs::symlink(file.path(), &soft).unwrap();
    fs::hard_link(file.path(), &hard).unwrap();
    for (path, process) in [(&soft, std::process::id().to_string()), (&hard, "unknown".into())] {
        let error = Embedded::open(path, StoreLimits::default(), NOW).err().unwrap();
        let StoreError::InUse { pid, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*pid, process);
    }
    let reader = store.reader().unwrap();
    drop(store);
    assert!(file.try_open().is_err(), "a reader is part of the relay");
    drop(reader);
    let store = Embedded::open(&soft, StoreLimits::default(), NOW).unwrap();
    assert_eq!(numbers(&store, 1), [1]);
    assert!(!elsewhere.path().join("soft.lock").exists(), "the lock stands by the file itself");
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let file = File::new();
    fs::write(file.path(), b"a shopping list, long enough to be taken for a header".repeat(20))
        .unwrap();
    assert!(matches!(file.try_open(), Err(StoreError::NotAStore(_))));

    let file = File::new();
    let other = rusqlite::Connection::open(file.path()).unwrap();
    other.execute_batch("CREATE TABLE meta (name TEXT, value INTEGER)").unwrap();
    drop(other);
    assert!(matches!(file.try_open(), Err(StoreError::NotAStore(_))));
}

#[test]
fn the_files_are_for_their_owner_only() {
    let file = File::new();
    fs::write(file.path(), b"").unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let mut store = file.open();
    keep(&mut store, 1, 1);
    let mut names = Vec::new();
    for entry in fs::read_dir(file.folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["store", "store-shm", "store-wal", "store.lock", "store.reserve"]);
}

#[test]
fn no_file_holds_a_capability_and_deleted_envelopes_are_overwritten() {
    let file = File::new();
    let capability = Capability::new(Secret::new([0x77; 32]));
    let mut store = file.open();
    let change = Change::Put {
        address: capability.address(),
        id: id(1),
        envelope: envelope(0x0bad_cafe),
        effort: 0,
    };
    let position = stored(&commit(&mut store, change));
    let acked = Change::Ack { address: capability.address(), positions: vec![position] };
    drop(store);
    let bytes = fs::read(file.path()).unwrap();
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(holds(&bytes, capability.address().as_bytes()), "the search finds what is there");
    assert!(holds(&bytes, &envelope(0x0bad_cafe).as_bytes()[..16]));
    assert!(!holds(&bytes, capability.expose()));
    let mut store = file.open();
    commit(&mut store, acked);
    drop(store);
    assert!(!holds(&fs::read(file.path()).unwrap(), &envelope(0x0bad_cafe).as_bytes()[..16]));
}

#[test]
fn an_envelope_costs_no_more_of_the_disk_than_it_counts_for() {
    let file = File::new();
    let mut store = file.open();
    for round in 0..20 {
        let changes = (0..200).map(|n| put(u8::try_from(n % 200).unwrap(), round * 200 + n));
        store.commit(&changes.collect::<Vec<_>>(), NOW).unwrap();
    }
    drop(store);
    let cost = fs::metadata(file.path()).unwrap().len() / 4000;
    assert!(cost <= StoreLimits::ENVELOPE_COST, "{cost}");
}

/// Everything that a mailbox may hold comes and goes, again and again.
#[test]
fn the_room_of_what_was_acknowledged_is_used_again() {
    let file = File::new();
    let sizes: Vec<u64> = (0..12)
        .map(|round| {
            let mut store = file.open();
            let changes: Vec<Change> = (0..256).map(|n| put(1, round * 256 + n)).collect();
            let done = store.commit(&changes, NOW).unwrap();
            let positions: Vec<Position> = done.iter().map(stored).collect();
            commit(&mut store, ack(1, &positions));
            drop(store);
            fs::metadata(file.path()).unwrap().len()
        })
        .collect();
    assert!(sizes[0] > 256 * 4000 && sizes[1..].iter().all(|size| *size == sizes[0]), "{sizes:?}");
}

/// The log is begun again once it is copied, whatever came through it.
#[test]
fn the_log_of_a_store_that_is_never_closed_stays_small() {
    let file = File::new();
    let mut store = file.open();
    for round in 0..40 {
        let changes: Vec<Change> = (0..256).map(|n| put(1, round * 256 + n)).collect();
        let done = store.commit(&changes, NOW).unwrap();
        let positions: Vec<Position> = done.iter().map(stored).collect();
        commit(&mut store, ack(1, &positions));
    }
    let log = fs::metadata(file.folder.path().join("store-wal")).unwrap().len();
    // 40 times 2 MiB went through it.
    assert!(log <= 24 << 20, "{log}");
}
