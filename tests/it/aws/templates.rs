//! Templates over the inline limit, through S3.

use rackform::aws::Session;
use rackform::backend::aws::template_address;

use super::stack::{Account, bench};

fn long() -> String {
    format!(r#"{{ "Metadata": {{ "Pad": "{}" }}, {}"#, "y".repeat(60_000), &super::TEMPLATE.trim_start()[1..])
}

#[test]
fn a_large_template_is_uploaded_to_the_named_bucket() {
    let bench = bench("template_bucket: templates.example\n");
    bench.file("queue.json", long());
    let wire = Account { has_bucket: true, ..Account::default() }.serve();
    let run = wire.run(&bench, "apply -p Seconds=90 --yes");
    assert_eq!(run.code, 0, "{run}");
    let put = wire.requests().into_iter().find(|request| request.method == "PUT").unwrap();
    let path = put.path.split('?').next().unwrap().to_owned();
    assert!(path.starts_with("/templates.example/rackform/jobs/") && path.ends_with(".template"), "{path}");
    assert!(put.body.contains(&"y".repeat(60_000)));
    let created = &wire.all("CreateChangeSet")[0];
    assert_eq!(created.field("TemplateURL"), Some(format!("{}{path}", wire.address)));
    assert_eq!(created.field("TemplateBody"), None);
}

#[test]
fn a_large_template_is_uploaded_to_the_settings_bucket_by_default() {
    let settings = "<member><LogicalResourceId>Settings</LogicalResourceId><PhysicalResourceId>jobs-settings-1</PhysicalResourceId>\
        <ResourceType>AWS::S3::Bucket</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
        <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member>";
    let wire = Account { resources: settings, has_bucket: true, ..Account::default() }.serve();
    let bench = bench("");
    bench.file("queue.json", long());
    let run = wire.run(&bench, "apply -p Seconds=90 --yes");
    let put = wire.requests().into_iter().find(|request| request.method == "PUT").unwrap();
    assert!(put.path.starts_with("/jobs-settings-1/rackform/jobs/"), "{}\n{run}", put.path);
    assert!(
        put.head.contains("x-amz-expected-bucket-owner: 111122223333"),
        "a bucket of another account with this name is refused\n{}",
        put.head
    );
}

#[test]
fn a_missing_bucket_is_reported_and_created_only_on_request() {
    let bench = bench("");
    bench.file("queue.json", long());
    let wire = Account::default().serve();
    let run = wire.run(&bench, "apply -p Seconds=90 --yes");
    assert_eq!(run.code, 3, "reported before any request changes something\n{run}");
    assert!(run.stderr.contains("error[template-bucket]") && run.stderr.contains("`--create-template-bucket`"), "{run}");
    let run = wire.run(&bench, "apply -p Seconds=90 --yes --no-preflight");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("no S3 bucket for the upload exists") && run.stderr.contains("`--create-template-bucket`"), "{run}");
    assert!(
        wire.all("CreateChangeSet").is_empty() && wire.requests().iter().all(|request| request.method != "PUT"),
        "{:?}",
        wire.actions()
    );

    let run = wire.run(&bench, "apply -p Seconds=90 --yes --create-template-bucket");
    assert_eq!(run.code, 0, "{run}");
    let bucket = "/rackform-templates-111122223333-eu-west-1";
    let puts: Vec<_> = wire.requests().into_iter().filter(|request| request.method == "PUT").collect();
    let put = |query: &str| puts.iter().find(|request| request.path.starts_with(bucket) && request.path.contains(query)).unwrap();
    assert!(puts[0].head.contains("x-amz-object-ownership: bucketownerenforced"), "{}", puts[0].head);
    assert!(puts[0].body.contains("<LocationConstraint>eu-west-1</LocationConstraint>"), "{}", puts[0].body);
    assert!(put("publicAccessBlock").body.contains("<RestrictPublicBuckets>true</RestrictPublicBuckets>"));
    assert!(put("encryption").body.contains("<SSEAlgorithm>AES256</SSEAlgorithm>"));
    assert!(put("lifecycle").body.contains("<Days>30</Days>"));
    assert!(put("/rackform/jobs/").head.contains("x-amz-expected-bucket-owner: 111122223333"));
}

#[test]
fn a_template_over_one_megabyte_is_refused_unless_minified() {
    let wire = Account { has_bucket: true, ..Account::default() }.serve();
    let huge = bench("template_bucket: templates\n");
    huge.file("queue.json", long().replacen("yyy", &"z".repeat(1_000_000), 1));
    let run = wire.run(&huge, "apply -p Seconds=90 --yes");
    assert!(run.code == 1 && run.stderr.contains("CloudFormation accepts at most 1000000"), "{run}");
    assert!(wire.requests().iter().all(|request| request.method != "PUT"));

    let airy = bench("");
    airy.file("queue.json", super::TEMPLATE.replacen('{', &format!("{{{}", " ".repeat(60_000)), 1));
    let run = wire.run(&airy, "apply -p Seconds=90 --yes --minify-template");
    assert_eq!(run.code, 0, "{run}");
    assert!(wire.all("CreateChangeSet")[0].field("TemplateBody").is_some_and(|body| body.len() < 1_000));
}

#[test]
fn template_urls_use_the_domain_of_the_partition() {
    let address = |region: &'static str, bucket: &str| {
        let credentials = aws_sdk_s3::config::Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let config = aws_config::SdkConfig::builder()
            .region(aws_config::Region::new(region))
            .behavior_version(aws_config::BehaviorVersion::latest())
            .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(credentials))
            .build();
        template_address(&Session::over(config).unwrap(), bucket, "rackform/jobs/0a.template").unwrap()
    };
    assert_eq!(address("eu-west-1", "templates"), "https://templates.s3.eu-west-1.amazonaws.com/rackform/jobs/0a.template");
    assert_eq!(address("cn-north-1", "templates"), "https://templates.s3.cn-north-1.amazonaws.com.cn/rackform/jobs/0a.template");
    assert_eq!(address("us-gov-west-1", "templates"), "https://templates.s3.us-gov-west-1.amazonaws.com/rackform/jobs/0a.template");
    assert_eq!(address("eu-west-1", "my.templates"), "https://s3.eu-west-1.amazonaws.com/my.templates/rackform/jobs/0a.template");
}
