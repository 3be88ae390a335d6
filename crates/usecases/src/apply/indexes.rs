//! Indexes of views, where the tenant does not build them by itself: what a written view still owes.
//!
//! That they are to be built is journaled before the write is settled that asks for them. So no crash forgets them.

use cxda_domain::address::Address;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::key::{Fingerprint, ResourceId};
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::request::Operation;

use crate::apply::Failure;
use crate::apply::execution::{Execution, Progressed, lock};
use crate::apply::journaling::{Ending, Fate, Write};

impl Execution<'_> {
    /// Journals that the indexes of the view `id` are to be built, where they are.
    pub(super) async fn owe_indexes(
        &self,
        change: &Change,
        desired: &Desired,
        id: &ResourceId,
    ) -> Result<(), Failure> {
        if builds_indexes(desired) {
            let payload = self.payload(desired);
            let intent = self.begin(write(change, id, &payload)).await?;
            lock(&self.owed).insert(change.address.clone(), intent);
        }
        Ok(())
    }

    /// Triggers the build of indexes where the tenant does not do so by itself.
    pub(super) async fn build_indexes(
        &self,
        change: &Change,
        desired: &Desired,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let Some(id) = progressed.id.clone().filter(|_| builds_indexes(desired)) else {
            return Ok(());
        };
        let payload = self.payload(desired);
        let write = write(change, &id, &payload);
        let owed = lock(&self.owed).remove(&change.address);
        let intent = match owed {
            Some(intent) => intent,
            None => self.begin(write).await.map_err(not_indexed)?,
        };
        let built = self.ports.tenant.views.build_indexes(&id).await;
        let cost = built
            .as_ref()
            .map_or_else(|error| error.cost, |answer| answer.cost);
        progressed.cost = progressed.cost.plus(cost);
        let built = built.map_err(Failure::from);
        let ending = match &built {
            Ok(_) => Ending::alone((Phase::Done, Fate::Resolved), Some(&id), cost, None),
            Err(failure) => {
                let fate = match self.fate(failure, &intent) {
                    // The next run builds them.
                    (phase, _) if failure.is_stopped() => (phase, Fate::Open),
                    fate => fate,
                };
                Ending::failed(fate, Some(&id), cost, failure)
            }
        };
        self.settle(write, &intent, ending).await?;
        built.map(drop).map_err(not_indexed)
    }

    /// Builds the indexes that an earlier run owed to the view `id` at `address`; tells whether they are settled. Where a change
    /// of the view is planned, that one builds them.
    pub(super) async fn pay_indexes(&self, address: &Address, id: &ResourceId) -> bool {
        let mut changes = self.planned.plan.changes.iter();
        let there = self.planned.observed.get(address);
        if changes.any(|change| change.address == *address)
            || there.is_none_or(|there| there.id != *id)
        {
            return false;
        }
        let Some(desired) = self.desired(address) else {
            return false;
        };
        let change = Change::following(address, id, ChangeKind::Update);
        let mut progressed = Progressed {
            id: Some(id.clone()),
            ..Progressed::default()
        };
        let built = self.build_indexes(&change, &desired, &mut progressed).await;
        if let Err(error) = &built {
            let address = address.to_string();
            tracing::warn!(address, %error, "the indexes that an earlier run owed are not built");
        }
        built.is_ok()
    }
}

fn builds_indexes(desired: &Desired) -> bool {
    matches!(&desired.body, Body::View(view) if !view.auto_indexes)
}

fn write<'a>(change: &'a Change, id: &'a ResourceId, payload: &'a Fingerprint) -> Write<'a> {
    Write {
        change,
        operation: Operation::BuildIndexes,
        action: AuditAction::BuildIndexes,
        id: Some(id),
        payload,
        tag: None,
    }
}

/// The failure of a view that is written and whose indexes are not built, for that of the build.
fn not_indexed(failure: Failure) -> Failure {
    if failure.is_stopped() {
        Failure::NotIndexed
    } else {
        failure
    }
}
