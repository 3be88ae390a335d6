//! Outputs put into texts of every notation, and texts that refuse them.

use serde_json::json;

use super::*;

/// The YAML manifest around `tests`, which is indented as it shall stand.
fn yaml(tests: &str) -> String {
    format!(
        "# head\napiVersion: cxda/v1\nspec:\n  script: {{content: \"x\"}}   # kept\n  tests:\n{tests}  onTestFailure:   keep # kept\n"
    )
}

#[track_caller]
fn put(format: Format, text: &str, outputs: &[(usize, Value)]) -> Result<String, NotEdited> {
    let read = reader::read(format, text.as_bytes());
    assert_eq!(read.errors, [], "{text}");
    let document = read.documents.last().unwrap().at;
    let outputs: Vec<NewOutput> = outputs
        .iter()
        .map(|(test, output)| NewOutput {
            document,
            test: *test,
            output: output.clone(),
        })
        .collect();
    let (edited, results) = put_outputs(format, text, &outputs);
    let refused = results.iter().find_map(|result| result.err());
    refused.map_or(Ok(edited), Err)
}

#[test]
fn in_yaml_only_the_value_is_replaced() {
    for (old, output, new) in [
        (
            "    - {expect: {output: 12}, name: a}  # c\n",
            json!(13),
            "    - {expect: {output: 13}, name: a}  # c\n",
        ),
        (
            "    - expect:\n        output: 12   # why\n",
            json!("x: #y"),
            "    - expect:\n        output: \"x: #y\"   # why\n",
        ),
        (
            "    - expect: {output: 'it''s'}\n",
            json!(null),
            "    - expect: {output: null}\n",
        ),
        (
            "    - expect:\n        output:\n",
            json!([1]),
            "    - expect:\n        output: [1]\n",
        ),
        (
            "    - expect:\n        output:   # nothing\n      name: a\n",
            json!(1),
            "    - expect:\n        output: 1   # nothing\n      name: a\n",
        ),
        (
            "    - expect:\n        output: |\n          two\n          lines\n      name: a\n",
            json!("one"),
            "    - expect:\n        output: \"one\"\n      name: a\n",
        ),
        (
            "    - expect:\n        output:\n          plain\n          text\n      name: a\n",
            json!("é"),
            "    - expect:\n        output:\n          \"é\"\n      name: a\n",
        ),
        (
            "  - expect: {output: &x 1}\n",
            json!(2),
            "  - expect: {output: &x 2}\n",
        ),
        (
            "  - input: &x 1\n    expect: {output: *x}\n",
            json!(2),
            "  - input: &x 1\n    expect: {output: 2}\n",
        ),
    ] {
        assert_eq!(
            put(Format::Yaml, &yaml(old), &[(0, output)]),
            Ok(yaml(new)),
            "case: {old}"
        );
    }
}

#[test]
fn inside_a_yaml_output_comments_and_what_is_right_stay() {
    let old = "    - expect:\n        output:\n          # the sum\n          total: 12   # in euros\n          'items': [1,  2]\n          deep:\n          - {a: 1}\n          - b: x # y\n      name: a\n";
    let kept = json!({"total": 13, "items": [1, 3], "deep": [{"a": 1}, {"b": "z"}]});
    let new = old
        .replace("12", "13")
        .replace("1,  2", "1,  3")
        .replace("b: x", "b: \"z\"");
    assert_eq!(put(Format::Yaml, &yaml(old), &[(0, kept)]), Ok(yaml(&new)));

    let other_keys = json!({"sum": 13, "deep": {"a b": []}});
    let new = "    - expect:\n        output:\n          # the sum\n          {\"deep\": {\"a b\": []}, \"sum\": 13}\n      name: a\n";
    let found = put(Format::Yaml, &yaml(old), &[(0, other_keys)]).unwrap();
    assert_eq!(found, yaml(&new.replace("}\n", "} # y\n")));
}

#[test]
fn a_yaml_list_is_replaced_also_where_it_is_not_indented() {
    let old = "    - expect:\n        output:\n        - 1\n        - 2 # two\n      name: a\n";
    let new = "    - expect:\n        output: [1] # two\n      name: a\n";
    assert_eq!(
        put(Format::Yaml, &yaml(old), &[(0, json!([1]))]),
        Ok(yaml(new))
    );
}

#[test]
fn of_many_documents_and_tests_each_gets_its_own() {
    let one =
        "    - expect: {output: 1}\n    - expect: {output: {a: 1}}\n    - expect: {output: 3}\n";
    let text = format!("---\n---\n{}---\n{}...\n", yaml(one), yaml(one));
    let new = one
        .replace("output: 1", "output: [\"\"]")
        .replace("a: 1", "a: 2")
        .replace('3', "30");
    let want = format!("---\n---\n{}---\n{}...\n", yaml(one), yaml(&new));
    let outputs = [(1, json!({"a": 2})), (0, json!([""])), (2, json!(30))];
    assert_eq!(put(Format::Yaml, &text, &outputs), Ok(want));
    // Windows' line ends stay as well.
    let windows = yaml(one).replace('\n', "\r\n");
    let want = yaml(&one.replace("a: 1", "a: 2")).replace('\n', "\r\n");
    assert_eq!(
        put(Format::Yaml, &windows, &[(1, json!({"a": 2}))]),
        Ok(want)
    );
}

#[test]
fn what_would_change_more_than_the_output_is_refused() {
    for (format, text) in [
        (
            Format::Yaml,
            yaml("    - {expect: {output: &x 1}, input: *x}\n"),
        ),
        (
            Format::Yaml,
            yaml("    - expect: &x {output: 1}\n    - expect: *x\n"),
        ),
        (Format::Yaml, yaml("    - expect: {output: !!str 12}\n")),
        (
            Format::Toml,
            "[[spec.tests]]\n[spec.tests.expect.output]\na = 1\n".to_owned(),
        ),
    ] {
        let put = put(format, &text, &[(0, json!(7))]);
        assert_eq!(put, Err(NotEdited::Entangled), "case: {text}");
    }
}

#[test]
fn in_json_only_the_value_is_replaced() {
    let old = "{\n\t\"spec\": {\"tests\": [ {\"expect\" : {\"output\":{\"a\\u00e9\" : [1 ,2], \"b\":\t\"x\"}}} ] }\n}\n";
    let new = old.replace("1 ,2", "1 ,3").replace("\"x\"", "null");
    let same_keys = json!({"aé": [1, 3], "b": null});
    assert_eq!(put(Format::Json, old, &[(0, same_keys)]), Ok(new));
    let new = old.replace("{\"a\\u00e9\" : [1 ,2], \"b\":\t\"x\"}", "{\"c\": 1e+21}");
    assert_eq!(put(Format::Json, old, &[(0, json!({"c": 1e21}))]), Ok(new));
}

#[test]
fn in_toml_only_the_value_is_replaced() {
    for (old, output, new) in [
        (
            "expect = {output = 12} # c\n",
            json!(13),
            "expect = {output = 13} # c\n",
        ),
        (
            "expect.output=0x0C\nname = 'a'\n",
            json!("é\n"),
            "expect.output=\"é\\n\"\nname = 'a'\n",
        ),
        (
            "expect = {output = [\n  1, # one\n  2,\n]}\n",
            json!([1, 3]),
            "expect = {output = [\n  1, # one\n  3,\n]}\n",
        ),
        (
            "expect = {output = {a = 1}}\n",
            json!({"b c": [1.5]}),
            "expect = {output = {\"b c\" = [1.5]}}\n",
        ),
        (
            "[spec.tests.expect]\noutput = 1979-05-27\n",
            json!(true),
            "[spec.tests.expect]\noutput = true\n",
        ),
        (
            "[spec.tests.expect.output]\na = 1 # c\n",
            json!({"a": 2}),
            "[spec.tests.expect.output]\na = 2 # c\n",
        ),
    ] {
        let around =
            |tests: &str| format!("# head\n[[spec.tests]]\n{tests}[metadata]\nname =  'x'\n");
        assert_eq!(
            put(Format::Toml, &around(old), &[(0, output)]),
            Ok(around(new)),
            "case: {old}"
        );
    }
    let null = put(
        Format::Toml,
        "[[spec.tests]]\nexpect.output = 1\n",
        &[(0, json!([null]))],
    );
    assert_eq!(null, Err(NotEdited::Null));
}
