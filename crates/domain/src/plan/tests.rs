//! Plans by example and by law.
