//! Reading text: trees with places, refusals with places.

mod budget;
mod json;
mod laws;
mod text;
mod toml;
mod yaml;
