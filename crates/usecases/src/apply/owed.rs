//! What a write still owes once it is carried out: a view its indexes, an action its tests.

use cxda_domain::address::ResourceKind;
use cxda_domain::event::EventKind;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::ObservedResource;
use cxda_domain::plan::{Change, ChangeKind, Desired};

use crate::apply::Failure;
use crate::apply::execution::{Execution, Progressed};

impl Execution<'_> {
    /// Journals what `change` owes the resource `id`, before the write of it is settled.
    pub(super) async fn owe(
        &self,
        change: &Change,
        desired: &Desired,
        id: &ResourceId,
    ) -> Result<(), Failure> {
        match (change.address.kind, change.kind) {
            (ResourceKind::View, _) => self.owe_indexes(change, desired, id).await,
            (ResourceKind::Action, ChangeKind::Create) => {
                let tells = EventKind::ActionCreated;
                self.owe_test(change, desired, id, tells).await
            }
            (ResourceKind::Action, _) => {
                let tells = EventKind::ActionUpdated;
                self.owe_test(change, desired, id, tells).await
            }
        }
    }

    /// Pays it; `before` is what the write replaced.
    pub(super) async fn follow(
        &self,
        change: &Change,
        desired: &Desired,
        before: Option<&ObservedResource>,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        match change.address.kind {
            ResourceKind::View => self.build_indexes(change, desired, progressed).await,
            ResourceKind::Action => self.test(change, desired, before, progressed).await,
        }
    }
}
