//! Front ends that speak lines: a terminal and JSON.
