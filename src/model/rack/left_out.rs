//! What a Convox rack template has and the rack does not, each with its reason; the migration guide is generated from it.

/// The section of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `Parameters`.
    Parameter,
    /// `Resources`.
    Resource,
    /// `Outputs`.
    Output,
}

/// An entry of a Convox rack template that the rack does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The section.
    pub section: Section,
    /// The name in that section.
    pub name: &'static str,
    /// The entries of the rack with the same purpose; empty if it is left out without a replacement.
    pub replaced_by: &'static [&'static str],
    /// The reason, as a sentence.
    pub because: &'static str,
}

const fn parameter(name: &'static str, replaced_by: &'static [&'static str], because: &'static str) -> LeftOut {
    LeftOut { section: Section::Parameter, name, replaced_by, because }
}

const fn resource(name: &'static str, replaced_by: &'static [&'static str], because: &'static str) -> LeftOut {
    LeftOut { section: Section::Resource, name, replaced_by, because }
}

const fn output(name: &'static str, replaced_by: &'static [&'static str], because: &'static str) -> LeftOut {
    LeftOut { section: Section::Output, name, replaced_by, because }
}

const DOCKER_TLS: &str = "A Lambda function issues a certificate for the TCP port of container engines; the rack's builds use the local socket of \
    an instance's engine, so no engine listens on the network.";

/// The entries by section and, in a section, by purpose.
pub const LEFT_OUT: &[LeftOut] = &[
    parameter("ApiRouter", &[], "No entry of the Convox template refers to it."),
    parameter("Encryption", &[], "No entry of the Convox template refers to it; the rack always encrypts its buckets, tables and queues."),
    parameter("Development", &[], "It shows the API's password as an output, although the parameter is secret."),
    output("Password", &[], "An output is not secret: everyone who can read the stack would read the API's password."),
    resource(
        "EncryptionKey",
        &["SecretsKey"],
        "A Lambda function creates this KMS key, and deletes it together with the resource. Before a stack moves, give the resource \
            `DeletionPolicy: Retain` with an update of the Convox template, and then pass the key's ARN as EncryptionKeyArn: the apps' \
            secrets stay readable.",
    ),
    resource(
        "WhiteListSGIngresses",
        &["ApiBalancerInstancesIngress", "ApiBalancerBuildsIngress", "ApiBalancerNat0Ingress", "ApiBalancerWhiteListSlot0Ingress"],
        "A Lambda function adds the rules of an allow list to a security group; the rack has a rule for each address and group.",
    ),
    resource("DockertTLSCertGenerate", &[], DOCKER_TLS),
    resource("DockertTLSCA", &[], DOCKER_TLS),
    resource("DockertTLSCAKey", &[], DOCKER_TLS),
    resource("DockertTLSCert", &[], DOCKER_TLS),
    resource("DockertTLSKey", &[], DOCKER_TLS),
    resource("CustomTopic", &[], "It is the Lambda function behind the custom resources, and the rack has none."),
    resource("CustomTopicRole", &[], "It is the role of the Lambda function behind the custom resources, and the rack has none."),
    output("CustomTopic", &[], "The rack has no Lambda function for custom resources."),
];
