//! Housekeeping of the store: schedules, what is done on them, pruning.

mod housekeeping;
mod pruning;
mod schedule;
