//! Scripts are parsed and judged without being run.
