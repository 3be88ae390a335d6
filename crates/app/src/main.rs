//! The `cxda` binary.

fn main() {}
