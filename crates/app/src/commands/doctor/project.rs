//! What stands in files: settings, manifests, and which tenant is meant.

use cxda_usecases::validate::validate;

use super::checkup::Checkup;
use crate::exit::Exit;
use crate::render::{chain, counted};
use crate::settings::{FILE_NAME, Settings, Tenant, TenantKind};
use crate::wiring;

pub(super) fn settings(checkup: &mut Checkup, settings: &Settings) {
    if settings.has_file {
        let file = settings.root.join(FILE_NAME);
        checkup.ok("settings", file.display().to_string());
    } else {
        let detail = format!(
            "no {FILE_NAME} in {} nor above it: only environment variables count",
            settings.root.display()
        );
        let remedy = "begin a project with `cxda init`, or name its folder with -C DIR";
        checkup.warn("settings", detail, remedy);
    }
}

pub(super) async fn manifests(checkup: &mut Checkup, settings: &Settings) {
    let project = match wiring::manifests(settings, Vec::new()) {
        Ok(source) => validate(&source, &wiring::checker())
            .await
            .map_err(|error| chain(&error)),
        Err(error) => Err(chain(&error)),
    };
    let patterns = settings.manifests.join(", ");
    match project {
        Err(detail) => {
            let remedy = format!("check `manifests` in [project] of {FILE_NAME}");
            checkup.fail("manifests", Exit::Invalid, detail, remedy);
        }
        Ok(project) if project.violations.has_errors() => {
            let detail = format!(
                "{} in the files that match {patterns}",
                counted(project.violations.len(), "finding")
            );
            let remedy = "run `cxda validate`: it shows each with its file, line and remedy";
            checkup.fail("manifests", Exit::Invalid, detail, remedy);
        }
        Ok(project) => {
            let count = counted(project.manifest.resources().len(), "resource");
            checkup.ok("manifests", format!("{count} declared in {patterns}"));
        }
    }
}

pub(super) fn tenant(checkup: &mut Checkup, tenant: &Tenant) {
    let origin = match &tenant.kind {
        TenantKind::Simulator => "the built-in simulator".to_owned(),
        TenantKind::Remote(remote) => remote.base_url.origin().as_str().to_owned(),
    };
    let (name, profile) = (&tenant.name, tenant.profile.name());
    checkup.ok(
        "tenant",
        format!("{name} at {origin}, API profile {profile}"),
    );
}
