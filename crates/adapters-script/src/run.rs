//! Scripts are run in a child process.
