//! Pages of `docs` that are made from the code: compared with it, and written anew. What they say is for others to know.

use std::fs;

use crate::tree;

/// The path of a page, and what it must hold.
pub(crate) type Page = (String, String);

/// Fails unless `folder` holds `pages`, which are sorted, and no other.
pub(crate) fn compare(folder: &str, pages: &[Page]) {
    let names: Vec<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    let remedy =
        "cargo test -p cxda --test architecture write_the_pages_anew -- --ignored makes them anew";
    assert_eq!(tree::files(folder, ".md"), names, "{remedy}");
    for (path, page) in pages {
        assert_eq!(&tree::read(path), page, "{path}: {remedy}");
    }
}

/// Makes `folder` hold `pages`, and no other.
pub(crate) fn write(folder: &str, pages: &[Page]) {
    let folder = tree::root().join(folder);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    for (path, page) in pages {
        fs::write(tree::root().join(path), page).unwrap();
    }
}
