//! What every store of saved plans promises. Paths are simple names.

use cxda_ports::error::SourceError;
use cxda_ports::manifests::PlanStore;

/// The whole suite.
pub async fn keeps_its_promises(plans: &dyn PlanStore) {
    let missing = plans.load("absent.json").await.unwrap_err();
    assert!(
        matches!(missing, SourceError::Missing { .. }),
        "{missing:?}"
    );

    let long = format!(
        "{{\"formatVersion\":\"1.0\",\"é\":\"{}\"}}\n",
        "x".repeat(100_000)
    );
    for text in [long.as_str(), "", "{}"] {
        plans.save("plan.json", text).await.unwrap();
        plans.save("other.json", "another").await.unwrap();
        let loaded = plans.load("plan.json").await.unwrap();
        assert_eq!(loaded, text, "the whole of the last text, and no more");
    }
}
