//! Block YAML: the patch keeps comments, blank lines and style.

use super::*;

const YAML: &str = include_str!("../../../fixtures/patch-yaml-rack/rack.yaml");

#[test]
fn patching_yaml_only_adds_lines() {
    let text = twice(YAML);
    let (removed, added) = lines(YAML, &text);
    assert_eq!(removed, Vec::<String>::new());
    let added: String = added.concat();
    insta::assert_snapshot!(added);
    serde_yaml::from_str::<serde_yaml::Value>(&text).unwrap();
}

#[test]
fn yaml_keeps_its_style() {
    let whole = yaml_value(&twice(YAML));

    let text = twice(&format!("\u{feff}{}", YAML.replace('\n', "\r\n")));
    assert!(text.starts_with("\u{feff}# A rack"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(yaml_value(&text), whole);

    let long = YAML
        .replace("!Equals [!Ref BuildInstanceSecurityGroup, \"\"]", "{ \"Fn::Equals\": [{ Ref: BuildInstanceSecurityGroup }, \"\"] }")
        .replace("!Equals [!Ref BuildMethod, ec2]", "{ \"Fn::Equals\": [{ Ref: BuildMethod }, ec2] }")
        .replace("!Equals [!Ref BuildMethod, fargate]", "{ \"Fn::Equals\": [{ Ref: BuildMethod }, fargate] }")
        .replace("!Ref AWS::StackName", "{ Ref: AWS::StackName }")
        .replace("!Ref Vpc", "{ Ref: Vpc }");
    let text = twice(&long);
    assert!(!text.contains('!'), "the text contains short forms: {text}");
    assert_eq!(yaml_value(&text), whole);

    let block = YAML.replace("AllowedValues: [ec2, fargate]", "AllowedValues:\n      - ec2\n      - fargate");
    let block =
        block.replace(" !Equals [!Ref BuildInstanceSecurityGroup, \"\"]", " !Equals\n    - !Ref BuildInstanceSecurityGroup\n    - \"\"");
    let block = block.replace(" !Equals [!Ref BuildMethod, ec2]", " !Equals\n    - !Ref BuildMethod\n    - ec2");
    let text = twice(&block);
    assert!(
        text.contains("    BuildCacheSecurity:\n") || text.contains("      SecurityGroups:\n      - !Ref BuildCacheSecurity\n"),
        "{text}"
    );
    assert_eq!(yaml_value(&text), whole);
}

#[test]
fn flow_style_yaml_stays_in_flow_style() {
    let parameters = YAML.find("Parameters:").unwrap();
    let conditions = YAML.find("Conditions:").unwrap();
    let flow = "Parameters: { BuildMethod: { Type: String, Default: ec2, AllowedValues: [ec2, fargate] }, BuildInstanceSecurityGroup: { Type: String, Default: \"\" } }\n\n";
    let text = format!("{}{flow}{}", &YAML[..parameters], &YAML[conditions..]);
    let patched = twice(&text);
    assert_eq!(yaml_value(&patched), yaml_value(&twice(YAML)));
    assert_eq!(lines(&text, &patched).0, [flow.trim_end().to_owned() + "\n"]);
}

#[test]
fn yaml_that_ends_inside_a_section_is_patched() {
    let outputs = YAML.find("\nOutputs:").unwrap();
    let environment = YAML.replace("        - Name: RACK\n          Value: !Ref AWS::StackName\n", "");
    for text in [&YAML[..outputs], YAML[..outputs].trim_end(), &environment, &YAML.replace("Volumes", "Placement")] {
        let patched = twice(text);
        let removed = lines(&format!("{}\n", text.trim_end()), &format!("{}\n", patched.trim_end())).0;
        assert_eq!(removed, Vec::<String>::new());
        assert_eq!(text.ends_with('\n'), patched.ends_with('\n'));
    }
}

#[test]
fn a_container_that_an_alias_shares_is_refused() {
    let text = YAML.replace("        Environment:\n        - Name: PROVIDER", "        Environment: &shared\n        - Name: PROVIDER");
    let text = text.replace("      - Image: example/build\n", "      - Image: example/build\n        Environment: *shared\n");
    let problems = line_messages(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.contains("alias"), "{problems:?}");
}

#[test]
fn the_real_rack_in_yaml_gets_the_same_cache() {
    let Some(folder) = crate::support::shared_data() else { return };
    let before = value(&std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap());
    let yaml = to_yaml(&before);
    let text = twice(&yaml);
    assert_eq!(lines(&yaml, &text).0, Vec::<String>::new());
    assert_eq!(yaml_value(&text), value(&twice(&before.to_string())));
}
