//! Cells: what travels in one record.
