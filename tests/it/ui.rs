//! Views of plans, evaluations and parameters.
#![allow(clippy::unwrap_used)]

mod bounds;
mod hostile;
mod lists;
mod stack;

use super::program::Bench;

/// A small stack with a switch, a secret, a resource with data and a long document.
const STACK: &str = r#"{
  "Parameters": {
    "Cache": {"Type": "String", "Default": "No", "AllowedValues": ["Yes", "No"], "Description": "Keep a build cache"},
    "Days": {"Type": "Number", "Default": "7", "MinValue": 1, "MaxValue": 365, "Description": "Days to keep logs"},
    "Secret": {"Type": "String", "NoEcho": true, "MinLength": 8},
    "Key": {"Type": "String", "Default": ""}
  },
  "Conditions": {
    "Cache": {"Fn::Equals": [{"Ref": "Cache"}, "Yes"]},
    "HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Key"}, ""]}]}
  },
  "Resources": {
    "Files": {"Type": "AWS::EFS::FileSystem", "Condition": "Cache", "Properties": {
      "Encrypted": true, "KmsKeyId": {"Fn::If": ["HasKey", {"Ref": "Key"}, {"Ref": "AWS::NoValue"}]}}},
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
    "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
      "Family": "build",
      "ContainerDefinitions": [{"Name": "build", "Image": "builder", "Environment": [{"Name": "PASSWORD", "Value": {"Ref": "Secret"}}]}],
      "Volumes": {"Fn::If": ["Cache", [{"Name": "cache", "EFSVolumeConfiguration": {"FilesystemId": {"Ref": "Files"}}}], {"Ref": "AWS::NoValue"}]}}}
  },
  "Outputs": {
    "Region": {"Value": {"Ref": "AWS::Region"}},
    "Task": {"Value": {"Ref": "Task"}, "Export": {"Name": "build-task"}}
  }
}"#;

const SECRET: &str = "correct-horse-battery";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("stack.json", STACK).file("off.json", format!("{{\"Secret\": \"{SECRET}\"}}"));
    bench.file("on.yaml", format!("Secret: {SECRET}\nCache: Yes\n"));
    bench
}

#[test]
fn enabling_a_switch_shows_additions_and_their_causes() {
    insta::assert_snapshot!(bench().run("diff stack.json stack.json --before-parameters off.json --parameters on.yaml -p Days=30"), @r#"
    Change set for stack.json (predicted offline, 2 parameters changed)

      parameter Cache  No -> Yes
      parameter Days   7 -> 30

    Updates
     ~  Logs  AWS::Logs::LogGroup  update, no interruption
          RetentionInDays  7 -> 30  (parameter Days)

    New revisions
    +/- Task  AWS::ECS::TaskDefinition  new revision
          Volumes  (absent) -> [{"Name":"cache","EFSVolumeConfiguration":{"FilesystemId":"(known after apply)"}}]
                   (resource Files)

    Additions
     +  Files  AWS::EFS::FileSystem  add (condition Cache, parameter Cache)

    Outputs
     ~  Task  (not known offline) -> (known after apply)  (export build-task)

    Plan: 1 to add, 1 to update, 0 to replace, 0 to remove, 1 new revision.
    ------- exit status: 0 -------
    "#);
}

#[test]
fn disabling_a_switch_warns_of_data_loss() {
    insta::assert_snapshot!(bench().run("diff stack.json stack.json --before-parameters on.yaml --parameters off.json"), @r#"
    Change set for stack.json (predicted offline, 1 parameter changed)

    !!! DATA LOSS: 1 stateful resource is deleted, and its data is lost !!!
     -  Files  AWS::EFS::FileSystem  remove (condition Cache, parameter Cache)
          ! data-loss: `Files` (AWS::EFS::FileSystem) is deleted (condition `Cache`, parameter `Cache`), which loses the
            file system's files; `DeletionPolicy: Retain` would keep it.

      parameter Cache  Yes -> No

    New revisions
    +/- Task  AWS::ECS::TaskDefinition  new revision
          Volumes  [{"Name":"cache","EFSVolumeConfiguration":{"FilesystemId":"(not known offline)"}}] -> (absent)
                   (condition Cache, parameter Cache)

    Risks
      ! parameter-default: Parameter `Cache` changes from `Yes` to the template's default `No`, because no value is set
        for it.

    Outputs
     ~  Task  (not known offline) -> (known after apply)  (export build-task)

    Plan: 0 to add, 0 to update, 0 to replace, 1 to remove, 1 new revision.
    ------- exit status: 0 -------
    "#);
}

#[test]
fn no_changes_are_reported_in_a_sentence() {
    insta::assert_snapshot!(bench().run("diff stack.json stack.json --parameters on.yaml --exit-code"), @r"
    No changes to `stack.json` (predicted offline).
    ------- exit status: 0 -------
    ");
    let json = bench().run("diff stack.json stack.json --parameters on.yaml --format change-set");
    insta::assert_snapshot!(json, @r#"
    {
      "Status": "FAILED",
      "StatusReason": "The submitted information didn't contain changes. Submit different information to create a change set.",
      "Changes": []
    }
    ------- exit status: 0 -------
    "#);
}

#[test]
fn a_replaced_file_system_is_data_loss_and_names_the_property() {
    insta::assert_snapshot!(bench().run("diff stack.json stack.json --before-parameters on.yaml --parameters on.yaml -p Key=arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef --deny data-loss"), @r#"
    Change set for stack.json (predicted offline, 1 parameter changed)

    !!! DATA LOSS: 1 stateful resource is replaced, and its data is lost !!!
    +/- Files  AWS::EFS::FileSystem  replace
          ! data-loss: `Files` (AWS::EFS::FileSystem) is replaced because `KmsKeyId` changes (parameter `Key`), which
            loses the file system's files; `UpdateReplacePolicy: Retain` would keep the old one.
          KmsKeyId  (absent) -> arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef
                    requires replacement (parameter Key)

      parameter Key  "" -> arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef

    New revisions
    +/- Task  AWS::ECS::TaskDefinition  new revision
          Volumes.0.EFSVolumeConfiguration.FilesystemId  (known after apply) (resource Files)

    Outputs
     ~  Task  (not known offline) -> (known after apply)  (export build-task)

    Plan: 0 to add, 0 to update, 1 to replace, 0 to remove, 1 new revision.
    ------- stderr -------
    error: the change is denied
      caused by: data-loss: `Files` (AWS::EFS::FileSystem) is replaced because `KmsKeyId` changes (parameter `Key`), which loses the file system's files; `UpdateReplacePolicy: Retain` would keep the old one.
    ------- exit status: 3 -------
    "#);
}

#[test]
fn markdown_for_a_pull_request() {
    insta::assert_snapshot!(bench().run("diff stack.json stack.json --before-parameters on.yaml --parameters off.json --format markdown"), @r#"
    ### stack.json: change set (predicted offline)

    **Plan: 0 to add, 0 to update, 0 to replace, 1 to remove, 1 new revision.**

    > [!CAUTION]
    > **Data loss: 1 stateful resource is deleted, and its data is lost.**

    > [!WARNING]
    > - parameter-default: Parameter `Cache` changes from `Yes` to the template's default `No`, because no value is set for it.

    | parameter | before | after |
    | --- | --- | --- |
    | `Cache` | <code>Yes</code> | <code>No</code> |

    #### DATA LOSS (1)

    <details open><summary><code>Files</code> AWS::EFS::FileSystem <b>remove</b> (condition Cache, parameter Cache)</summary>

    **data-loss**: `Files` (AWS::EFS::FileSystem) is deleted (condition `Cache`, parameter `Cache`), which loses the file system's files; `DeletionPolicy: Retain` would keep it.

    </details>

    #### New revisions (1)

    <details><summary><code>Task</code> AWS::ECS::TaskDefinition <b>new revision</b></summary>

    ```diff
    ! Volumes  [{"Name":"cache","EFSVolumeConfiguration":{"FilesystemId":"(not known offline)"}}] -> (absent)  # (condition Cache, parameter Cache)
    ```

    </details>

    #### Outputs (1)

    | output | before | after |
    | --- | --- | --- |
    | `Task` | <code>(not known offline)</code> | <code>(known after apply)</code> |
    ------- exit status: 0 -------
    "#);
}

#[test]
fn exit_codes_distinguish_differences_denials_and_failures() {
    let bench = bench();
    let off = "diff stack.json stack.json --before-parameters on.yaml --parameters off.json";
    assert_eq!(bench.run(off).code, 0);
    assert_eq!(bench.run(&format!("{off} --exit-code")).code, 2);
    assert_eq!(bench.run(&format!("{off} --exit-code --deny data-loss")).code, 3);
    assert_eq!(bench.run(&format!("{off} --exit-code --deny export-removed")).code, 2);
    assert_eq!(bench.run(&format!("{off} --deny dataloss")).code, 64);
    assert_eq!(bench.run("diff stack.json missing.json").code, 66);
    assert_eq!(bench.run("diff stack.json stack.json").code, 65);
}

#[test]
fn evaluation_as_text_and_json() {
    insta::assert_snapshot!(bench().run("evaluate stack.json --parameters on.yaml --region eu-west-1"), @r#"
    Conditions (2)
      Cache   true
      HasKey  false

    Resources (3)

      Files  AWS::EFS::FileSystem
        Encrypted: true

      Logs  AWS::Logs::LogGroup
        RetentionInDays: 7

      Task  AWS::ECS::TaskDefinition
        Family: build
        ContainerDefinitions: [{"Name":"build","Image":"builder","Environment":[{"Name":"PASSWORD","Value":"****"}]}]
        Volumes: [{"Name":"cache","EFSVolumeConfiguration":{"FilesystemId":{"Ref":"Files"}}}]

    Outputs (2)
        Region: eu-west-1
        Task: {"Ref":"Task"}
    ------- exit status: 0 -------
    "#);
    insta::assert_snapshot!(bench().run("evaluate stack.json --parameters on.yaml --region eu-west-1 --format json"), @r#"
    {
      "format_version": 2,
      "conditions": {
        "Cache": true,
        "HasKey": false
      },
      "resources": {
        "Files": {
          "Type": "AWS::EFS::FileSystem",
          "Properties": {
            "Encrypted": true
          }
        },
        "Logs": {
          "Type": "AWS::Logs::LogGroup",
          "Properties": {
            "RetentionInDays": "7"
          }
        },
        "Task": {
          "Type": "AWS::ECS::TaskDefinition",
          "Properties": {
            "Family": "build",
            "ContainerDefinitions": [
              {
                "Name": "build",
                "Image": "builder",
                "Environment": [
                  {
                    "Name": "PASSWORD",
                    "Value": "****"
                  }
                ]
              }
            ],
            "Volumes": [
              {
                "Name": "cache",
                "EFSVolumeConfiguration": {
                  "FilesystemId": {
                    "Ref": "Files"
                  }
                }
              }
            ]
          }
        }
      },
      "outputs": {
        "Region": {
          "Value": "eu-west-1"
        },
        "Task": {
          "Value": {
            "Ref": "Task"
          },
          "Export": {
            "Name": "build-task"
          }
        }
      }
    }
    ------- exit status: 0 -------
    "#);
}

#[test]
fn parameters_show_value_and_source() {
    insta::assert_snapshot!(bench().run("params stack.json -p Cache=Yes"), @r#"
    Cache   Yes  (flag, default No)
        Keep a build cache [String, Yes | No]
    Days    7  (default)
        Days to keep logs [Number, 1 to 365]
    Secret  required
        [String, at least 8 characters, NoEcho]
    Key     ""  (default)
        [String]
    ------- exit status: 0 -------
    "#);
    let json = bench().run("params stack.json --group logs");
    insta::assert_snapshot!(json, @r"
    ------- stderr -------
    error: unknown parameter group `logs` in `stack.json`
    hint: the groups are build
    ------- exit status: 65 -------
    ");
}

#[test]
fn all_parameter_problems_are_reported_at_once() {
    let bench = bench();
    bench.file("bad.yaml", "Secret: long-enough\nCash: Yes\nDays: 400\nCache: Maybe\n");
    insta::assert_snapshot!(bench.run("evaluate stack.json --parameters bad.yaml"), @r#"
    ------- stderr -------
    error[allowed-values]: parameter `Cache` has a value that is not allowed: `Maybe`
     --> bad.yaml:4:8
      |
    4 | Cache: Maybe
      |        ^^^^^
      |
     ::: stack.json:3:5
      |
    3 |     "Cache": {"Type": "String", "Default": "No", "AllowedValues": ["Yes", "No"], "Description": "Keep a build cac...
      |     ------- declared here
      |
      = note: CloudFormation reports: Parameter 'Cache' must be one of AllowedValues
      = hint: allowed values: Yes, No

    error[max-value]: parameter `Days` is greater than its MaxValue 365: `400`
     --> bad.yaml:3:7
      |
    3 | Days: 400
      |       ^^^
      |
     ::: stack.json:4:5
      |
    4 |     "Days": {"Type": "Number", "Default": "7", "MinValue": 1, "MaxValue": 365, "Description": "Days to keep logs"},
      |     ------ declared here
      |
      = note: CloudFormation reports: Parameter 'Days' must be a number not greater than 365

    error[unknown-parameter]: unknown parameter `Cash`
     --> bad.yaml:2:1
      |
    2 | Cash: ****
      | ^^^^
      |
      = note: CloudFormation reports: Parameters: [Cash] do not exist in the template
      = hint: did you mean `Cache`? `rackform params stack.json` lists the parameters of the template
    ------- exit status: 65 -------
    "#);
    insta::assert_snapshot!(bench.run("evaluate stack.json -p Cache"), @r"
    ------- stderr -------
    error[parameter-flag]: a parameter must have the form `Name=value`
     |
     = hint: for example `BuildCache=Yes`
    ------- exit status: 64 -------
    ");
}

#[test]
fn a_long_document_shows_only_the_lines_that_change() {
    let bench = Bench::new();
    let template = |action: &str| {
        let statements: Vec<String> = (0..40)
            .map(|n| {
                let action = if n == 20 { action } else { "s3:GetObject" };
                format!("{{\"Sid\": \"S{n}\", \"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"arn:aws:s3:::b{n}/*\"}}")
            })
            .collect();
        format!(
            "{{\"Resources\": {{\"P\": {{\"Type\": \"AWS::IAM::ManagedPolicy\", \"Properties\": {{\"PolicyDocument\": {{\"Statement\": [{}]}}}}}}}}}}",
            statements.join(",")
        )
    };
    bench.file("old.json", template("s3:GetObject")).file("new.json", template("s3:PutObject"));
    let run = bench.run("diff old.json new.json");
    assert!(run.stdout.contains("s3:GetObject") && run.stdout.contains("s3:PutObject"), "{run}");
    assert!(run.stdout.lines().count() < 25, "{run}");
    assert!(!run.stdout.contains("b39"), "what stays is folded\n{run}");
}

#[test]
fn the_most_important_facts_come_first() {
    let bench = Bench::new();
    let volume = |zone: &str| serde_json::json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": zone}});
    let mut before = serde_json::Map::new();
    let mut after = serde_json::Map::new();
    for index in 0..9 {
        before.insert(format!("Topic{index}"), volume("a"));
        after.insert(format!("Topic{index}"), volume("b"));
    }
    before.insert("Files".into(), serde_json::json!({"Type": "AWS::EFS::FileSystem"}));
    before.insert("Queue".into(), serde_json::json!({"Type": "AWS::SNS::Topic"}));
    after.insert("Queue".into(), serde_json::json!({"Type": "AWS::SQS::Queue"}));
    bench.file("a.json", serde_json::json!({ "Resources": before }).to_string());
    bench.file("b.json", serde_json::json!({ "Resources": after }).to_string());
    let run = bench.run("diff a.json b.json --summary");
    insta::assert_snapshot!(run, @r"
    Change set for a.json -> b.json (predicted offline)

      ! refused    `Queue` changes its type from AWS::SNS::Topic to AWS::SQS::Queue; CloudFormation does not permit that.
      ! data loss  Files (AWS::EFS::FileSystem)

    Plan: 0 to add, 9 to update, 0 to replace, 1 to remove, 1 refused.
    ------- exit status: 0 -------
    ");
    let full = bench.run("diff a.json b.json").stdout;
    assert!(full.contains("the same in Topic0, Topic1,") && full.matches("DisplayName").count() == 1, "{full}");
    // A refused update has an exit code of its own.
    assert_eq!(bench.run("diff a.json b.json --exit-code").code, 6);
    let markdown = bench.run("diff a.json b.json --format markdown").stdout;
    assert!(markdown.contains("> **Refused: the whole update fails.**"), "{markdown}");
}

#[test]
fn possible_loss_and_unknowns_are_denied_by_name() {
    let bench = Bench::new();
    let instance =
        |size: &str| serde_json::json!({"Resources": {"I": {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": size}}}});
    bench.file("a.json", instance("t3.micro").to_string()).file("b.json", instance("t3.small").to_string());
    assert_eq!(bench.run("diff a.json b.json --deny data-loss").code, 0);
    assert_eq!(bench.run("diff a.json b.json --deny possible-data-loss").code, 3);
    let shown = bench.run("diff a.json b.json").stdout;
    assert!(shown.contains("stop and start; replaced if instance-store backed") && !shown.contains("DATA LOSS"), "{shown}");
    let nested =
        r#"{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://b.s3.amazonaws.com/t"}}}}"#;
    bench.file("n.json", nested);
    assert_eq!(bench.run("diff n.json n.json --exit-code").code, 2);
    assert_eq!(bench.run("diff n.json n.json --deny unknown").code, 3);
}
