//! A relay at one moment, and its text.
//!
//! Source: [exposition formats](https://prometheus.io/docs/instrumenting/exposition_formats/),
//! "Text-based format".

use core::fmt;

use super::super::counters::Counters;
use super::super::store::Usage;

/// A relay at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Snapshot {
    pub(in super::super) counters: Counters,
    pub(in super::super) connections: u64,
    pub(in super::super) subscriptions: u64,
    pub(in super::super) usage: Usage,
    /// The effort of the work that a Put into a cold mailbox costs.
    pub(in super::super) work: u32,
    /// Whether the store takes nothing more.
    pub(in super::super) is_halted: bool,
}

impl Snapshot {
    fn gauges(&self) -> [(&'static str, &'static str, u64); 8] {
        let Self { counters: _, connections, subscriptions, usage, work, is_halted } = *self;
        let Usage { envelopes, cold, mailboxes, limit } = usage;
        [
            ("connections", "Connections that are served.", connections),
            ("subscriptions", "Mailboxes that a connection reads.", subscriptions),
            ("store_envelopes", "Envelopes in the store.", envelopes),
            ("store_envelopes_cold", "Of these, in mailboxes that nobody acknowledges.", cold),
            ("store_mailboxes", "Mailboxes that the store knows.", mailboxes),
            ("store_envelopes_limit", "Envelopes that the store may hold.", limit),
            ("work", "Effort of the work that a Put nobody may read costs.", work.into()),
            ("store_halted", "1 when the store takes nothing more.", u64::from(is_halted)),
        ]
    }

    fn counts(&self) -> [(&'static str, &'static str, u64); 21] {
        // All of them, by name: a new one is not forgotten here.
        let Counters {
            connections,
            handshakes_failed,
            dropped,
            turned_away,
            misbehaved,
            strangers,
            cut,
            stored,
            duplicates,
            full,
            refused,
            too_fast,
            unproven,
            proven,
            delivered,
            acknowledged,
            cancelled,
            expired,
            replaced,
            damaged,
            store_failures,
        } = self.counters;
        [
            ("connections_served", "Connections that were served.", connections),
            ("handshakes_failed", "Handshakes that failed.", handshakes_failed),
            ("dropped", "Connections dropped before a handshake, in a storm.", dropped),
            ("turned_away", "Connections turned away for want of room.", turned_away),
            ("misbehaved", "Connections closed because of what they sent.", misbehaved),
            ("strangers", "Of these, the ones without the network's secret.", strangers),
            ("cut", "Connections cut because they took or said nothing.", cut),
            ("stored", "Envelopes stored.", stored),
            ("duplicates", "Envelopes that were stored already.", duplicates),
            ("mailbox_full", "Envelopes refused by a full mailbox.", full),
            ("refused", "Envelopes and cancellations refused otherwise.", refused),
            ("too_fast", "Of these, the ones that came too fast.", too_fast),
            ("unproven", "Of these, the ones for which too little work was done.", unproven),
            ("proven", "Puts for which work was done.", proven),
            ("delivered", "Envelopes handed out.", delivered),
            ("acknowledged", "Envelopes acknowledged and deleted.", acknowledged),
            ("cancelled", "Envelopes taken back.", cancelled),
            ("expired", "Envelopes that expired.", expired),
            ("replaced", "Subscriptions that a later one replaced.", replaced),
            ("damaged", "Damaged rows that were met in the store.", damaged),
            (
                "store_failures",
                "Commits, sweeps and fetches that the store failed.",
                store_failures,
            ),
        ]
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, help, value) in self.gauges() {
            write!(f, "# HELP bauta_{name} {help}\n# TYPE bauta_{name} gauge\n")?;
            writeln!(f, "bauta_{name} {value}")?;
        }
        for (name, help, value) in self.counts() {
            write!(f, "# HELP bauta_{name}_total {help}\n# TYPE bauta_{name}_total counter\n")?;
            writeln!(f, "bauta_{name}_total {value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_has_its_help_and_type_and_no_label() {
        let text = Snapshot { connections: 7, ..Snapshot::default() }.to_string();
        assert!(text.contains("\nbauta_connections 7\n"));
        assert!(!text.contains(['{', '}']));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3 * (8 + 21));
        let mut names = BTreeSet::new();
        for of_one in lines.chunks(3) {
            let name = of_one[2].split(' ').next().unwrap();
            let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
            assert!(of_one[0].starts_with(&format!("# HELP {name} ")));
            assert_eq!(of_one[1], format!("# TYPE {name} {kind}"));
            assert!(names.insert(name));
        }
    }
}
