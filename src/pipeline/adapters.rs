//! Joins the probers to the cluster: `repo_check` names what it needs as small
//! traits, `cluster` has it, and neither knows the other.

