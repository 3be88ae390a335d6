//! What every source of values promises.
//!
//! There must be the environment variable [`ENV`] and the file [`FILE`], and nothing else.

use cxda_domain::variable::ValueReference;
use cxda_ports::error::SourceError;
use cxda_ports::secrets::SecretSource;

/// The environment variable's name and value.
pub const ENV: (&str, &str) = ("CXDA_CONFORMANCE", "from the environment\n");
/// The file's path relative to the folder of [`MANIFEST`], and its text.
pub const FILE: (&str, &str) = ("secret.txt", "from a file\n\n");
/// The manifest that names the file, relative to the project's folder.
pub const MANIFEST: &str = "manifests/score.cxda.yaml";

/// The whole suite.
pub async fn keeps_its_promises(secrets: &dyn SecretSource) {
    let env = |name: &str| ValueReference::Env(name.to_owned());
    let file = |path: &str| ValueReference::File {
        path: path.to_owned(),
        manifest: MANIFEST.into(),
    };
    let found = secrets.read(&env(ENV.0)).await.unwrap();
    assert_eq!(found.expose(), ENV.1, "as it is");
    let found = secrets.read(&file(FILE.0)).await.unwrap();
    assert_eq!(found.expose(), "from a file\n", "without one newline");
    for absent in [
        env("CXDA_CONFORMANCE_ABSENT"),
        env(FILE.0),
        file("absent.txt"),
    ] {
        let error = secrets.read(&absent).await.unwrap_err();
        let what = absent.to_string();
        assert_eq!(error, SourceError::Missing { what });
    }
}
