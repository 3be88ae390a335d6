//! What becomes of a run when the tenant, or the way to it, fails: on virtual time.

mod exits;
mod limit;
mod models;
mod pairs;
mod stack;
mod stop;
