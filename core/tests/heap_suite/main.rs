//! The heap against a simple model of it.

mod calloc;
mod checked;
mod classes;
mod contents;
mod edges;
mod exhaustive;
mod faults;
mod hardening;
mod host;
mod long;
mod random;
mod scribble;
mod scripts;
mod snapshots;
mod steps;
