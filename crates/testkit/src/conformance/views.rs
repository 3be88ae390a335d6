//! What every tenant promises of its materialized views.
//!
//! The tenant must hold the table of [`samples::table`], honour idempotency keys, keep names unique, and let nobody else write
//! meanwhile. Pages of two put paging to the test as well.

use cxda_domain::body::{SourceBody, ViewBody};
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned, source_by_id};
use cxda_domain::projection::Projection;
use cxda_ports::actions::Deleted;
use cxda_ports::error::{ApiError, ApiErrorKind};
use cxda_ports::views::ViewsApi;
use serde_json::json;

use super::assert_shows;
use crate::samples;

/// The whole suite.
pub async fn keeps_its_promises(views: &dyn ViewsApi) {
    what_is_created_is_shown(views).await;
    a_view_may_stand_on_a_view(views).await;
    a_key_creates_once(views).await;
    a_name_is_taken_once(views).await;
    a_replace_of_an_old_version_writes_nothing(views).await;
    a_delete_is_done_once(views).await;
    indexes_are_built_of_what_is_there(views).await;
    a_listing_shows_each_once(views).await;
}

async fn what_is_created_is_shown(views: &dyn ViewsApi) {
    let body = on_table("views created");
    let made = views.create(&body, &key("created")).await.unwrap();
    assert!(made.cost.attempts >= 1, "a call costs an attempt");
    let read = read(views, &made.value.id).await.value;
    assert_eq!(
        (&read.id, read.name.as_str()),
        (&made.value.id, "views created")
    );
    let wanted = shown_as(&body);
    assert_shows(&made.value.fields, &wanted);
    assert_eq!(read.fields, wanted, "a single read shows everything");
}

async fn a_view_may_stand_on_a_view(views: &dyn ViewsApi) {
    let base = create(views, &on_table("views base")).await;
    let source = SourceBody::View {
        name: base.name.parse().unwrap(),
        id: Some(base.id),
    };
    let body = samples::view("views top", source);
    let top = create(views, &body).await;
    let read = read(views, &top.id).await.value;
    assert_eq!(read.fields, shown_as(&body));
}

async fn a_key_creates_once(views: &dyn ViewsApi) {
    let body = on_table("views keyed");
    let key = key("once");
    let first = views.create(&body, &key).await.unwrap().value;
    let again = views.create(&body, &key).await.unwrap().value;
    assert_eq!(first.id, again.id, "the first answer again");
    let other = on_table("views keyed otherwise");
    let refused = views.create(&other, &key).await;
    assert_kind(refused, &ApiErrorKind::KeyMismatch);
    let listed = all(views).await;
    let named = |name: &str| listed.iter().filter(|each| each.name == name).count();
    assert_eq!(
        (named("views keyed"), named("views keyed otherwise")),
        (1, 0)
    );
}

async fn a_name_is_taken_once(views: &dyn ViewsApi) {
    let body = on_table("views taken");
    create(views, &body).await;
    let refused = views.create(&body, &key("another")).await;
    assert_kind(refused, &ApiErrorKind::AlreadyExists);
}

async fn a_replace_of_an_old_version_writes_nothing(views: &dyn ViewsApi) {
    let mut body = on_table("views stale");
    let made = create(views, &body).await;
    let old = read(views, &made.id).await;
    body.description = "the first writer's".into();
    body.interval_minutes = 30;
    let shown = views.replace(&old, &body).await.unwrap().value;
    assert_eq!(shown.id, made.id);
    assert_shows(&shown.fields, &shown_as(&body));
    let mut late = body.clone();
    late.description = "the second writer's".into();
    let refused = views.replace(&old, &late).await;
    assert_kind(refused, &ApiErrorKind::VersionMismatch);
    let now = read(views, &made.id).await;
    assert_eq!(now.value.fields, shown_as(&body));
    views.replace(&now, &late).await.unwrap();
    let description = read(views, &made.id).await.value;
    assert_eq!(
        description.fields.at(&["description"]),
        Some(&json!(late.description))
    );
}

async fn a_delete_is_done_once(views: &dyn ViewsApi) {
    let body = on_table("views deleted");
    let made = create(views, &body).await;
    let current = read(views, &made.id).await;
    assert_eq!(views.delete(&made.id).await.unwrap().value, Deleted::Gone);
    let deleted = views.delete(&made.id).await.unwrap().value;
    assert_eq!(deleted, Deleted::AlreadyAbsent);
    assert_kind(views.read(&made.id).await, &ApiErrorKind::NotFound);
    let gone = views.replace(&current, &body).await;
    assert_kind(gone, &ApiErrorKind::NotFound);
}

async fn indexes_are_built_of_what_is_there(views: &dyn ViewsApi) {
    let made = create(views, &on_table("views indexed")).await;
    views.build_indexes(&made.id).await.unwrap();
    let absent = "views-absent".parse().unwrap();
    let refused = views.build_indexes(&absent).await;
    assert_kind(refused, &ApiErrorKind::NotFound);
}

async fn a_listing_shows_each_once(views: &dyn ViewsApi) {
    let mut made = Vec::new();
    for number in 0..5 {
        let body = on_table(&format!("views listed {number}"));
        made.push(create(views, &body).await.id);
    }
    let listed = all(views).await;
    for id in &made {
        let times = listed.iter().filter(|each| each.id == *id).count();
        assert_eq!(times, 1, "{id} is listed once");
    }
}

async fn all(views: &dyn ViewsApi) -> Vec<ObservedResource> {
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let page = views.list(cursor).await.unwrap().value;
        listed.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return listed;
        }
    }
}

fn on_table(name: &str) -> ViewBody {
    samples::view(name, SourceBody::Table(samples::table()))
}

/// What a tenant shows of `body`: its source by id.
fn shown_as(body: &ViewBody) -> Projection {
    let mut projection = body.projection();
    let source = source_by_id(&body.source.id().unwrap());
    let fields = projection.fields_mut();
    fields.insert(Projection::SOURCE.to_owned(), source);
    projection
}

async fn create(views: &dyn ViewsApi, body: &ViewBody) -> ObservedResource {
    let key = key(body.name.as_str());
    views.create(body, &key).await.unwrap().value
}

async fn read(views: &dyn ViewsApi, id: &ResourceId) -> Versioned<ObservedResource> {
    views.read(id).await.unwrap().value
}

fn key(name: &str) -> IdempotencyKey {
    let name = name.replace(' ', "-");
    IdempotencyKey::new(format!("conformance-views-{name}"))
}

fn assert_kind<T: std::fmt::Debug>(result: Result<T, ApiError>, kind: &ApiErrorKind) {
    assert_eq!(result.unwrap_err().kind, *kind);
}
