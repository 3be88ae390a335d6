//! What the settings may say of webhooks.

use crate::stage::Project;

#[test]
fn webhooks_that_cannot_be_meant_are_refused_by_name() {
    let hook = |name: &str, rest: &str| {
        format!("[[webhook]]\nname = {name:?}\nurl = \"https://hooks.example.com\"\n{rest}\n")
    };
    let three = "secret = [{env = \"A\"}, {env = \"B\"}, {env = \"C\"}]";
    let cases = [
        (hook("bi", "") + &hook("bi", ""), vec!["\"bi\"", "twice"]),
        (
            hook("https://a.example", ""),
            vec!["https://a.example", "://"],
        ),
        (hook("", ""), vec!["not empty"]),
        (hook("bi", three), vec!["\"bi\"", "3 references"]),
        (hook("bi", "secret = []"), vec!["\"bi\"", "0 references"]),
        (hook("bi", "secret = \"whsec_abc\""), vec!["reference"]),
        (hook("bi", "via = \"mail\""), vec!["mail"]),
        (
            hook("bi", "") + "[network]\nallow_hosts = [\"a.example:0\"]\n",
            vec!["network.allow_hosts", "a.example:0", "port"],
        ),
    ];
    for (webhooks, words) in cases {
        let project = Project::on_simulator();
        let settings = project.read("cxda.toml");
        project.write("cxda.toml", settings + &webhooks);
        let ended = project.cxda(&["webhooks", "list"]).run().exits(3);
        let _ = ended.says(&words).never_says(&["whsec_abc"]);
    }
}
