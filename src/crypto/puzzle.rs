//! A puzzle: work for whoever solves it, next to none for whoever judges ([Equi-X], the client puzzle
//! of Tor's onion services, with the rule for effort of [Tor's proposal 327]).
//!
//! ```text
//!   nonce = a, a + 1, …                        each needs 1.8 MB and 2^16 runs of a random program,
//!   solution = Equi-X(challenge ‖ effort ‖ nonce)    and has two solutions on average
//!   solved if SHA-256(challenge ‖ effort ‖ nonce ‖ solution)[0..4] · effort < 2^32
//! ```
//!
//! The program is interpreted, on both sides: no memory of this process is both written and run.
//!
//! [Equi-X]: https://github.com/tevador/equix/blob/master/devlog.md
//! [Tor's proposal 327]: https://spec.torproject.org/proposals/327-pow-over-intro.html

use equix::EquiX;
use equix::Solution as EquixSolution;
use equix::SolverMemory;

use super::hash::sha256;

/// A nonce and what solves the puzzle with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solution([u8; SOLUTION_LEN]);

impl Solution {
    /// What somebody says is one.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SOLUTION_LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SOLUTION_LEN] {
        &self.0
    }

    /// Whether it solves the puzzle. An effort of 0 is no puzzle, and nothing solves it.
    ///
    /// What was guessed costs a hash; what is a solution costs the program's making, 50 us.
    #[must_use]
    pub fn solves(&self, challenge: &[u8; 32], effort: u32) -> bool {
        let Some((nonce, solution)) = self.0.split_first_chunk::<NONCE_LEN>() else { return false };
        if effort == 0 || !self.is_worth(challenge, effort) {
            return false;
        }
        let Ok(solution) = solution.try_into() else { return false };
        let Ok(solution) = EquixSolution::try_from_bytes(solution) else { return false };
        let puzzle = EquiX::new(&input(challenge, effort, *nonce));
        puzzle.is_ok_and(|puzzle| puzzle.verify(&solution).is_ok())
    }

    /// R · effort < 2^32
    fn is_worth(&self, challenge: &[u8; 32], effort: u32) -> bool {
        let [a, b, c, d, ..] = sha256(&[challenge, &effort.to_be_bytes(), &self.0]);
        let r = u32::from_be_bytes([a, b, c, d]);
        r.checked_mul(effort).is_some()
    }
}

/// Solves a puzzle, which takes 40 ms of a processor for each unit of effort on average.
///
/// `first` is the nonce to begin with. Between two attempts, of 90 ms each, it is asked whether to go
/// on; nothing if not.
#[must_use]
pub fn solve(
    challenge: &[u8; 32],
    effort: u32,
    first: u64,
    go_on: impl Fn() -> bool,
) -> Option<Solution> {
    let mut memory = SolverMemory::new();
    let mut nonce = first;
    while effort > 0 && go_on() {
        let bytes = nonce.to_be_bytes();
        nonce = nonce.wrapping_add(1);
        // A few of a hundred challenges make no program.
        let Ok(puzzle) = EquiX::new(&input(challenge, effort, bytes)) else { continue };
        for found in &puzzle.solve_with_memory(&mut memory) {
            let solution = joined(bytes, &found.to_bytes());
            if solution.is_worth(challenge, effort) {
                return Some(solution);
            }
        }
    }
    None
}

fn input(challenge: &[u8; 32], effort: u32, nonce: [u8; NONCE_LEN]) -> Vec<u8> {
    [challenge.as_slice(), &effort.to_be_bytes(), &nonce].concat()
}

fn joined(nonce: [u8; NONCE_LEN], found: &[u8]) -> Solution {
    let mut bytes = [0; SOLUTION_LEN];
    let parts = nonce.iter().chain(found);
    bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    Solution(bytes)
}

/// The length of a solution in bytes: nonce and Equi-X's solution.
pub const SOLUTION_LEN: usize = NONCE_LEN + 16;

const NONCE_LEN: usize = 8;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    const CHALLENGE: [u8; 32] = [7; 32];

    #[test]
    fn what_solves_it_solves_nothing_else() {
        let solution = solve(&CHALLENGE, 3, 0, || true).unwrap();
        assert!(solution.solves(&CHALLENGE, 3));
        assert!(!solution.solves(&[8; 32], 3), "another challenge");
        assert!(!solution.solves(&CHALLENGE, 2), "another effort, also a lower one");
        assert!(!solution.solves(&CHALLENGE, 0));
        for at in 0..SOLUTION_LEN {
            let mut bytes = *solution.as_bytes();
            bytes[at] ^= 1;
            assert!(!Solution::from_bytes(bytes).solves(&CHALLENGE, 3), "byte {at} flipped");
        }
    }

    #[test]
    fn a_solution_that_is_not_worth_its_effort_is_none() {
        // The same work without the rule for effort: its solutions are good, and nearly all too cheap.
        let worth = (0..16).filter_map(|first| {
            let bytes = u64::to_be_bytes(first);
            let puzzle = EquiX::new(&input(&CHALLENGE, 1_000_000, bytes)).ok()?;
            let found = puzzle.solve();
            let good = found.iter().all(|solution| puzzle.verify(solution).is_ok());
            assert!(good);
            let solved = |found: &EquixSolution| {
                joined(bytes, &found.to_bytes()).solves(&CHALLENGE, 1_000_000)
            };
            Some(found.iter().filter(|found| solved(found)).count())
        });
        assert_eq!(worth.sum::<usize>(), 0);
    }

    #[test]
    fn who_is_told_to_stop_stops() {
        assert_eq!(solve(&CHALLENGE, u32::MAX, 0, || false), None);
        let asked = core::cell::Cell::new(0);
        let go_on = || asked.replace(asked.get() + 1) < 3;
        assert_eq!(solve(&CHALLENGE, u32::MAX, 0, go_on), None);
        assert_eq!(asked.get(), 4);
        assert_eq!(solve(&CHALLENGE, 0, 0, || true), None, "there is nothing to solve");
    }
}
