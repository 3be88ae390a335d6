//! Each format by example: the quickstart, and names that would break out of their quotes.

use std::fs;

use cxda_domain::project_graph::ProjectGraph;
use cxda_usecases::validate::validate;

use super::*;
