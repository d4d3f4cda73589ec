//! The heap against a simple model of it.

mod checked;
mod contents;
mod edges;
mod exhaustive;
mod scripts;
