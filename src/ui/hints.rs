//! The wording of hints: what the user can do about an error. Modules below `ui` return hints as data, because they do not know the options
//! of the command line.

use crate::apply::ApplyHint;
use crate::aws::RequestHint;
use crate::backend::BackendHint;
use crate::files::PrivateHint;
use crate::text::nearest;

/// Returns the text of a hint about a request to AWS.
pub fn request(hint: &RequestHint) -> String {
    let text = match hint {
        RequestHint::SetRegion => "set it with `--region`, `region:` in rack.yaml, AWS_REGION or the profile",
        RequestHint::ChooseProfile { name, known } if !known.is_empty() => {
            return nearest(name, known.iter().map(String::as_str))
                .map_or_else(|| format!("existing profiles: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        }
        RequestHint::ChooseProfile { .. } => {
            "create one with `aws configure sso` or `aws configure`; without `--profile`, credentials come from AWS_ACCESS_KEY_ID and \
             related variables"
        }
        RequestHint::StartSsoSession => {
            "start a new session with `aws sso login` (add `--profile NAME` unless it is the default profile), then run the command again"
        }
        RequestHint::ProvideCredentials => {
            "run `aws sso login` and use `--profile NAME` for a profile in ~/.aws/config, or set AWS_ACCESS_KEY_ID and related variables"
        }
        RequestHint::CheckConnection { may_have_started: true } => {
            "check the region, AWS_ENDPOINT_URL and the network; the operation may have started, and `rackform status` shows it"
        }
        RequestHint::CheckConnection { may_have_started: false } => {
            "check the region, AWS_ENDPOINT_URL and the network; the request only reads, so it changed nothing"
        }
        RequestHint::RequestPermission => {
            "the caller lacks permission for this action; `-v` shows the caller, `--profile` and `--role-arn` choose another one"
        }
        RequestHint::UseOwnBucket => "another account owns this bucket: name one of yours with `--template-bucket`",
        RequestHint::RenewCredentials => {
            "the credentials have expired: renew them (`aws sso login`, or assume the role again), then run the command again"
        }
        RequestHint::CheckCredentials => {
            "AWS does not know these credentials: check the key, the profile and the partition (aws, aws-cn, aws-us-gov)"
        }
        RequestHint::UseBucketInRegion => "the bucket is in another region: name a bucket in the stack's region",
        RequestHint::CheckBucketName => "the bucket does not exist: check its name",
        RequestHint::OptInToRegion => "the account has not opted in to this region",
        RequestHint::WaitForThrottling => "AWS throttles this account's requests: wait, then run the command again",
    };
    text.to_owned()
}

/// Returns the text of a hint about a backend.
pub fn backend(hint: &BackendHint) -> String {
    let text = match hint {
        BackendHint::Request(hint) => return request(hint),
        BackendHint::RecoverOrDelete => {
            "its creation failed and was rolled back: run `rackform recover` or `rackform delete`, then create it again"
        }
        BackendHint::Recover => "`rackform recover` shows why it is stuck, and recovers it",
        BackendHint::Follow => {
            "`rackform apply` without other options follows the operation to its end; without a terminal, it needs `--yes`"
        }
        BackendHint::ReduceTemplate => "try `--minify-template`, or split the template with nested stacks",
        BackendHint::SetTemplateBucket => {
            "name a bucket with `--template-bucket NAME` (or `template_bucket` in rack.yaml), create a private one with \
             `--create-template-bucket`, or try `--minify-template`"
        }
        BackendHint::DisableTerminationProtection => "`rackform delete --disable-termination-protection` turns it off first",
        BackendHint::WaitForProcess => {
            "wait until it ends, or stop it: the next `rackform apply` resumes its operation; without a terminal, it needs `--yes`"
        }
        BackendHint::UseOtherDirectory => {
            "it may belong to another user; `--backend local:DIRECTORY` stores the stacks in another directory"
        }
        BackendHint::RepairStore => "`rackform local repair` restores the last good copy; `rackform local reset --yes` deletes every stack",
        BackendHint::StoreFile(hint) => return private(hint),
        BackendHint::PlanAgain => "plan again and review the new changes",
    };
    text.to_owned()
}

/// Returns the text of a hint about executing a plan.
pub fn apply(hint: &ApplyHint) -> String {
    match hint {
        ApplyHint::Backend(hint) => backend(hint),
        ApplyHint::PlanAgain => backend(&BackendHint::PlanAgain),
        ApplyHint::ResumeOrWatch { needs_credentials } => format!(
            "{}`rackform apply` resumes the operation (with `--yes` where there is no terminal), and `rackform events --follow` only watches it",
            if *needs_credentials { "renew the credentials; then " } else { "" }
        ),
        ApplyHint::CompareOrAllow => {
            "`rackform plan --confirm-with-aws` shows both lists; `--allow-unpredicted LOGICAL_ID` allows more for one resource".to_owned()
        }
        ApplyHint::DeleteChangeSet { stack, change_set } => format!(
            "it has no effect by itself; the next `rackform apply` or `rackform recover` deletes it, and so does `aws cloudformation \
             delete-change-set --stack-name {stack} --change-set-name {change_set}`"
        ),
        ApplyHint::ChangeSetDeleted => "the change set was deleted; it changed nothing".to_owned(),
        ApplyHint::ValidationsUnknown { why, is_denied } => format!(
            "the change set was deleted; it changed nothing. What CloudFormation's checks found is unknown: {why}{}",
            if *is_denied {
                "; allow cloudformation:DescribeEvents and cloudformation:GetHookResult, which `rackform permissions` lists"
            } else {
                ""
            }
        ),
        ApplyHint::RepeatAfterImport(hint) => {
            let more = hint.as_deref().map(|hint| format!("; {}", apply(hint))).unwrap_or_default();
            format!("the imported resources stay in the stack; run the same command again to continue with the update{more}")
        }
    }
}

/// Words what to do about the store's directory or a file in it.
fn private(hint: &PrivateHint) -> String {
    match hint {
        PrivateHint::Remove { path } => {
            let path = path.display();
            format!("delete `{path}`, or store the stacks in another directory with `--backend local:DIRECTORY`")
        }
        PrivateHint::ChangeOwner { path } => {
            format!("run this as its owner, or make it yours with `chown -R \"$(id -u)\" {}`", path.display())
        }
        PrivateHint::ChangeMode { path, mode } => format!("run `chmod {mode:o} {}`", path.display()),
        PrivateHint::Unlink { path } => {
            let path = path.display();
            format!("give it a content of its own: `cp -p {path} {path}.new && mv {path}.new {path}`")
        }
        PrivateHint::FreeSpace => {
            "the disk is full, or a quota or `ulimit -f` is reached: free some space, then run the command again".to_owned()
        }
    }
}
