//! A tenant written from the contract alone, with habits that differ from the simulator's.
//!
//! It shares no code with the simulator: a mistake that client and simulator have in common shows here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::{Answer, Asked, Scripted};

/// How it differs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// Whether answers carry an `ETag`.
    pub(crate) tags: bool,
    /// Whether listings leave out scripts, variables and configurations.
    pub(crate) slim_lists: bool,
    /// Whether the answer to a create shows only `id` and `name`.
    pub(crate) terse_creates: bool,
    /// How the value of an encrypted variable comes back; `None` leaves the member out.
    pub(crate) mask: Option<&'static str>,
    /// The longest page.
    pub(crate) page_size: usize,
    /// The token that it gives.
    pub(crate) token: &'static str,
}

impl Habits {
    pub(crate) const PLAIN: Self = Self {
        tags: true,
        slim_lists: false,
        terse_creates: false,
        mask: Some("****"),
        page_size: 100,
        token: "t-0",
    };
}

type Members = BTreeMap<String, Box<RawValue>>;

#[derive(Debug, Default)]
struct Held {
    views: Vec<(String, Members)>,
    actions: Vec<(String, Members)>,
    made: usize,
    version: usize,
}

/// The tenant while it is served.
pub(crate) struct Foreign {
    server: Scripted,
    held: Arc<Mutex<Held>>,
}

impl Foreign {
    /// The id of its one table.
    pub(crate) const TABLE: &'static str = "12345678-1234-1234-1234-123456789012";

    pub(crate) fn start(habits: Habits) -> Self {
        let held = Arc::new(Mutex::new(Held::default()));
        let shared = Arc::clone(&held);
        let server =
            Scripted::start(move |asked| answer(habits, &mut shared.lock().unwrap(), asked));
        Self { server, held }
    }

    pub(crate) fn base_url(&self) -> &str {
        self.server.base_url()
    }

    /// Method and path of everything that came but tokens.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.server.asked();
        let lines = asked.iter().filter(|asked| !asked.wants_token());
        lines.map(Asked::line).collect()
    }

    /// What came in full.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.server.asked()
    }

    /// The text of the member of the action `name`, as it was sent.
    #[track_caller]
    pub(crate) fn member(&self, name: &str, member: &str) -> String {
        let held = self.held.lock().unwrap();
        let found = held
            .actions
            .iter()
            .find(|(_, members)| text(members, "name") == name);
        found.unwrap().1[member].get().to_owned()
    }

    /// Sets a member of the action `name` behind everybody's back; the version moves with it.
    #[track_caller]
    pub(crate) fn set(&self, name: &str, member: &str, raw: &str) {
        let mut held = self.held.lock().unwrap();
        held.version += 1;
        let mut actions = held.actions.iter_mut();
        let found = actions.find(|(_, members)| text(members, "name") == name);
        let raw = RawValue::from_string(raw.to_owned()).unwrap();
        found.unwrap().1.insert(member.to_owned(), raw);
    }
}

fn text(members: &Members, name: &str) -> String {
    let raw = members.get(name).map_or("null", |raw| raw.get());
    serde_json::from_str::<Option<String>>(raw)
        .unwrap()
        .unwrap_or_default()
}

fn answer(habits: Habits, held: &mut Held, asked: &Asked) -> Answer {
    const VIEWS: &str = "/api/v2/data/actions/views";
    const TABLES: &str = "/api/v2/data/actions/tables/";
    const ACTIONS: &str = "/api/v2/dataactions";
    let path = asked.path.as_str();
    if asked.line() == "POST /oauth/token" {
        // A lifetime as text, and no scope: both are seen in the wild.
        let token =
            json!({"access_token": habits.token, "token_type": "bearer", "expires_in": "3600"});
        return Answer::json(200, token.to_string());
    }
    if asked.header("authorization") != format!("Bearer {}", habits.token) {
        return Answer::json(401, r#"{"message":"no token"}"#);
    }
    match (asked.method.as_str(), path) {
        ("GET", VIEWS) => list(habits, asked, &held.views, Paging::Token),
        ("GET", ACTIONS) => list(habits, asked, &held.actions, Paging::Number),
        ("POST", VIEWS) => create(habits, held, asked, Kind::View),
        ("POST", "/api/v2/dataactions/actions") => create(habits, held, asked, Kind::Action),
        (method, path) => {
            if let Some(id) = path.strip_prefix(TABLES) {
                let found = method == "GET" && id == Foreign::TABLE;
                let table = json!({"id": id, "name": "customer_interactions", "rows": 1.50});
                return if found {
                    Answer::json(200, table.to_string())
                } else {
                    absent()
                };
            }
            if let Some(id) = path
                .strip_prefix(VIEWS)
                .and_then(|rest| rest.strip_prefix('/'))
            {
                return single(habits, held, asked, Kind::View, id);
            }
            let id = path
                .strip_prefix(ACTIONS)
                .and_then(|rest| rest.strip_prefix('/'));
            id.map_or_else(absent, |id| single(habits, held, asked, Kind::Action, id))
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    View,
    Action,
}

#[derive(Clone, Copy)]
enum Paging {
    Token,
    Number,
}

fn absent() -> Answer {
    Answer::json(404, r#"{"message":"not found"}"#)
}

fn shown(habits: Habits, id: &str, members: &Members) -> Members {
    let mut shown = members.clone();
    shown.insert("id".into(), to_raw_value(id).unwrap());
    // Numbers that do not survive a trip through a float.
    let odd = r#"{"exact":1.0,"big":12345678901234567890123,"small":1E-7,"nested":[{"n":-0.0}]}"#;
    let odd = RawValue::from_string(odd.into()).unwrap();
    shown.entry("vendorExtension".into()).or_insert(odd);
    if let Some(variables) = members.get("variables") {
        let mut variables: Vec<Value> = serde_json::from_str(variables.get()).unwrap();
        for variable in variables
            .iter_mut()
            .filter(|each| each["encrypted"] == true)
        {
            match habits.mask {
                Some(mask) => variable["value"] = mask.into(),
                None => drop(variable.as_object_mut().unwrap().remove("value")),
            }
        }
        shown.insert("variables".into(), to_raw_value(&variables).unwrap());
    }
    shown
}

fn list(habits: Habits, asked: &Asked, held: &[(String, Members)], paging: Paging) -> Answer {
    let parameter = |name: &str| {
        let mut pairs = asked
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let number = |name: &str| parameter(name).and_then(|text| text.parse::<usize>().ok());
    let size = number("pageSize").unwrap_or(20).min(habits.page_size);
    let start = match paging {
        Paging::Token => parameter("pageToken").map_or(0, |token| token[1..].parse().unwrap()),
        Paging::Number => (number("page").unwrap_or(1) - 1) * size,
    };
    let entities: Vec<Members> = held
        .iter()
        .skip(start)
        .take(size)
        .map(|(id, members)| {
            let mut shown = shown(habits, id, members);
            if habits.slim_lists {
                for member in ["script", "variables", "configuration"] {
                    shown.remove(member);
                }
            }
            shown
        })
        .collect();
    let mut page: Members = BTreeMap::new();
    page.insert("entities".into(), to_raw_value(&entities).unwrap());
    match paging {
        Paging::Token if start + size < held.len() => {
            let token = format!("p{}", start + size);
            page.insert("nextPageToken".into(), to_raw_value(&token).unwrap());
        }
        Paging::Token => {}
        Paging::Number => {
            page.insert("total".into(), to_raw_value(&held.len()).unwrap());
            page.insert("page".into(), to_raw_value(&(start / size + 1)).unwrap());
            page.insert("pageSize".into(), to_raw_value(&size).unwrap());
        }
    }
    Answer::json(200, serde_json::to_string(&page).unwrap())
}

fn create(habits: Habits, held: &mut Held, asked: &Asked, kind: Kind) -> Answer {
    if asked.header("idempotency-key").is_empty() {
        return Answer::json(400, r#"{"message":"no idempotency key"}"#);
    }
    let members: Members = serde_json::from_str(&asked.body).unwrap();
    let name = text(&members, "name");
    held.made += 1;
    let id = format!("f-{}", held.made);
    let shelf = match kind {
        Kind::View => &mut held.views,
        Kind::Action => &mut held.actions,
    };
    if shelf.iter().any(|(_, there)| text(there, "name") == name) {
        return Answer::json(409, r#"{"message":"the name is taken"}"#);
    }
    shelf.push((id.clone(), members.clone()));
    let mut shown = shown(habits, &id, &members);
    let seen: &[&str] = match kind {
        _ if habits.terse_creates => &["id", "name"],
        Kind::View => &["id", "name", "status", "sourceTableId", "createdAt"],
        Kind::Action => return tagged(habits, held, 201, &shown),
    };
    shown.retain(|member, _| seen.contains(&member.as_str()));
    tagged(habits, held, 201, &shown)
}

fn single(habits: Habits, held: &mut Held, asked: &Asked, kind: Kind, id: &str) -> Answer {
    if let Some(id) = id.strip_suffix("/indexes") {
        return Answer::json(202, json!({"id": id}).to_string());
    }
    let shelf = match kind {
        Kind::View => &mut held.views,
        Kind::Action => &mut held.actions,
    };
    let Some(place) = shelf.iter().position(|(there, _)| there == id) else {
        return absent();
    };
    match asked.method.as_str() {
        "GET" => {}
        "DELETE" => {
            shelf.remove(place);
            return Answer::json(204, "");
        }
        "PUT" => {
            let tag = format!("\"v{}\"", held.version);
            if habits.tags && asked.header("if-match") != tag {
                return Answer::json(412, r#"{"message":"stale"}"#);
            }
            shelf[place].1 = serde_json::from_str(&asked.body).unwrap();
            held.version += 1;
        }
        _ => return Answer::json(405, "{}"),
    }
    let shelf = match kind {
        Kind::View => &held.views,
        Kind::Action => &held.actions,
    };
    tagged(habits, held, 200, &shown(habits, id, &shelf[place].1))
}

fn tagged(habits: Habits, held: &Held, status: u16, members: &Members) -> Answer {
    let answer = Answer::json(status, serde_json::to_string(members).unwrap());
    if habits.tags {
        answer.header("ETag", &format!("\"v{}\"", held.version))
    } else {
        answer
    }
}
