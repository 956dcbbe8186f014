//! The real rack template with a build cache over the wire: uploaded through S3, deployed and verified.
#![allow(clippy::unwrap_used)]

use super::endpoint::Account;
use crate::real_rack::{VARIANTS, assert_verified, bench};

#[test]
fn the_patched_rack_is_deployed_through_a_bucket_and_verified() {
    for form in VARIANTS {
        let (Some(account), Some(bench)) = (Account::new(), bench(form, "backend: aws\n")) else { return };
        let head = "POST / HTTP/1.1\r\nx-amz-target: AmazonSSM.PutParameter\r\ncontent-type: application/x-amz-json-1.1\r\n";
        account.send("ssm", head, r#"{"Name": "/racks/ami", "Value": "ami-0123456789abcdef0", "Type": "String"}"#);
        let applied = account.run(&bench, "apply --yes -q --create-template-bucket");
        assert_eq!((applied.code, account.status("rack").as_str()), (0, "CREATE_COMPLETE"), "{form:?}: {applied}");
        assert!(!format!("{applied}").contains("hunter2"), "{applied}");
        assert_verified(&account.run(&bench, "verify --format json"), form);
        let next = account.run(&bench, "plan --preflight -p BuildCacheRetentionDays=7");
        assert_eq!(next.code, 0, "{form:?}: {next}");
    }
}
