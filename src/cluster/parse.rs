//! The state as it grows during a read: replies in, plain data out. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use smol_str::SmolStr;

use super::command::Reply;
use super::status::Parsed;
use super::statuses::{Origin, Statuses};
use super::value::{Value, is_id, label, raw, shown, without_credentials};
use super::{keys, status, value};
use crate::model::{
    ClusterState, Destination, DestinationId, Module, ModuleId, ModuleUuid, Modules, Node, NodeId,
    Plan, PlanId, Reason,
};

/// A read that is under way.
pub(super) struct Read {
    pub state: ClusterState,
    pub statuses: Statuses,
    /// Plans whose hash has no field `instances`: layout B, or C. A field that
    /// is there and empty is another matter: core 3.20 leaves it so after a
    /// restore of the cluster, and then the plan has no members.
    pub without_instances: BTreeSet<PlanId>,
    /// Where layout A's key is of another type.
    wrong_type: Vec<(PlanId, NodeId)>,
}

impl Read {
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: ClusterState {
                read_at: now,
                cluster_uuid: None,
                voice: None,
                cluster_name: None,
                leader: None,
                nodes: BTreeMap::new(),
                modules: Modules::default(),
                destinations: BTreeMap::new(),
                plans: BTreeMap::new(),
                statuses: BTreeMap::new(),
                unreadable: Vec::new(),
            },
            statuses: Statuses::default(),
            without_instances: BTreeSet::new(),
            wrong_type: Vec::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.state.read_at
    }

    pub fn cluster(&mut self, leader: Reply, uuid: Reply, name: Reply) {
        self.state.leader = leader.value().as_ref().and_then(node_id);
        self.state.cluster_uuid = uuid.value().as_ref().and_then(label);
        self.state.cluster_name = name.value().as_ref().and_then(label);
    }

    /// Whoever it names need not be live.
    pub fn voice(&mut self, voice: Reply) {
        let id = match voice.value() {
            Some(Value::Nil) => return,
            Some(value) => raw(&value).filter(|id| is_id(id)).map(ModuleId::new),
            None => None,
        };
        if id.is_none() {
            self.statuses.note(keys::VOICE, Reason::NoModuleId);
        }
        self.state.voice = id;
    }

    /// Whether the flag of a module that needs no backup is set.
    pub fn no_data(&mut self, id: &ModuleId, flagged: Reply) {
        let Some(flagged) = flagged.value() else {
            self.statuses.note(keys::module_flags(id), Reason::NotASet);
            return;
        };
        if let Some(module) = self.state.modules.get_mut(id) {
            module.no_data = flagged.count().is_some_and(|count| count > 0);
        }
    }

    /// `cluster/module_uuid`: which modules are live, and their UUIDs.
    pub fn live(&mut self, uuids: Reply) {
        let Some(fields) = uuids.fields() else {
            self.statuses.note(keys::MODULE_UUID, Reason::NotAHash);
            return;
        };
        let mut live = Vec::new();
        for (id, uuid) in fields {
            let (id, uuid) = (raw(&id).unwrap_or_default(), raw(&uuid).unwrap_or_default());
            if is_id(&id) && is_id(&uuid) {
                let module = Module {
                    name: None,
                    node: None,
                    uuid: ModuleUuid::new(uuid),
                    no_data: false,
                };
                live.push((ModuleId::new(id), module));
            } else {
                self.note_field(keys::MODULE_UUID, &id, Reason::NoModule);
            }
        }
        self.state.modules = live.into_iter().collect();
    }

    /// `cluster/module_node`: where the live modules are. Their hosts and the
    /// leader are the nodes.
    pub fn places(&mut self, places: Reply) {
        let fields = places.fields();
        if fields.is_none() {
            self.statuses.note(keys::MODULE_NODE, Reason::NotAHash);
        }
        for (id, place) in fields.into_iter().flatten() {
            let id = raw(&id).unwrap_or_default();
            let Some(module) = self.state.modules.named_mut(&id) else {
                continue;
            };
            module.node = node_id(&place);
            if module.node.is_none() {
                let key = format!("{} {id}", keys::MODULE_NODE);
                self.statuses.note(key, Reason::NoNodeId);
            }
        }
        let hosts = self.state.modules.values().filter_map(|module| module.node);
        let hosts: BTreeSet<NodeId> = hosts.chain(self.state.leader).collect();
        self.state.nodes = hosts.into_iter().map(|id| (id, Node::default())).collect();
    }

    /// The labels, in the order of the modules.
    pub fn names(&mut self, names: &[Value]) {
        for ((_, module), name) in self.state.modules.iter_mut().zip(names) {
            module.name = label(name).map(SmolStr::from);
        }
    }

    pub fn node(&mut self, node: NodeId, name: Reply, vpn_address: Reply) {
        let text = |reply: Reply| reply.value().as_ref().and_then(label);
        let (name, vpn_address) = (text(name), text(vpn_address));
        self.state.nodes.insert(node, Node { name, vpn_address });
    }

    /// The reply has the values of `fetch::PLAN_FIELDS`.
    pub fn plan(&mut self, id: &PlanId, reply: Reply) {
        let Some(values) = reply.elements() else {
            self.statuses.note(keys::plan(id), Reason::NotAHash);
            return;
        };
        let field = |place: usize| values.get(place).filter(|value| !value.is_nil());
        let [name, enabled, repository, schedule, instances, uinstances] =
            [0, 1, 2, 3, 4, 5].map(field);
        if values.iter().all(Value::is_nil) {
            // It was deleted between the scan and this.
            return;
        }
        let destination = repository.and_then(raw).filter(|text| !text.is_empty());
        if destination.as_ref().is_some_and(|text| !is_id(text)) {
            self.note_field(&keys::plan(id), "repository", Reason::NoDestinationId);
        }
        if instances.is_none() {
            self.without_instances.insert(id.clone());
        }
        let plan = Plan {
            name: name.and_then(label).unwrap_or_else(|| id.to_string()),
            // A plan that does not say is watched.
            enabled: enabled.is_none_or(|text| !matches!(raw(text).as_deref(), Some("" | "0"))),
            destination: destination
                .filter(|text| is_id(text))
                .map(DestinationId::new),
            schedule: schedule.and_then(label).unwrap_or_default(),
            instances: self.instances(id, instances),
            restoring: uuids(uinstances),
            status_changed: None,
        };
        self.state.plans.insert(id.clone(), plan);
    }

    fn instances(&mut self, plan: &PlanId, words: Option<&Value>) -> Vec<ModuleId> {
        let words = words.and_then(raw).unwrap_or_default();
        let mut seen = HashSet::with_hasher(foldhash::fast::RandomState::default());
        let mut instances = Vec::new();
        for word in words.split_whitespace() {
            if !is_id(word) {
                self.note_field(&keys::plan(plan), "instances", Reason::NoModuleIdInside);
            } else if seen.insert(word) {
                instances.push(ModuleId::from(word));
            }
        }
        instances
    }

    /// `node/<n>/backup_status/<plan>`: a JSON text for each module. What a node
    /// says that has no module any more is of the past.
    pub fn layout_a(&mut self, plan: &PlanId, node: NodeId, reply: Reply) {
        if !self.state.nodes.contains_key(&node) {
            return;
        }
        let Some(fields) = reply.fields() else {
            self.wrong_type.push((plan.clone(), node));
            return;
        };
        let (now, modules) = (self.now(), &self.state.modules);
        let mut of_plan = self.statuses.of(plan);
        for (field, value) in fields {
            let id = raw(&field).unwrap_or_default();
            if !is_id(&id) {
                let key = with_field(&keys::status_a(node, plan), &id);
                of_plan.note(key, Reason::NoModuleId);
                continue;
            }
            let module = ModuleId::new(id);
            let parsed = status::layout_a(value::bytes(&value).unwrap_or_default(), node, now);
            let origin = match parsed.status {
                Ok(_) => Origin::AnyNode,
                Err(_) => origin(modules, &module, node),
            };
            let key = |module: &ModuleId| format!("{} {module}", keys::status_a(node, plan));
            of_plan.offer(module, origin, key, parsed);
        }
    }

    /// Where layout A's key is of another type, nothing is known of the members on
    /// that node. To be called when all members are known, those of layout B's
    /// SETs too.
    pub fn layout_a_of_wrong_type(&mut self) {
        for (plan, node) in std::mem::take(&mut self.wrong_type) {
            self.nothing_is_known(&plan, node);
        }
    }

    fn nothing_is_known(&mut self, plan: &PlanId, node: NodeId) {
        const REASON: Reason = Reason::NotAHash;
        let key = |_: &ModuleId| keys::status_a(node, plan);
        let here: Vec<ModuleId> = match self.state.plans.get(plan) {
            Some(members) => members
                .live_members(&self.state.modules)
                .filter(|(_, module)| module.node == Some(node))
                .map(|(id, _)| id.clone())
                .collect(),
            None => Vec::new(),
        };
        if here.is_empty() {
            self.statuses.note(keys::status_a(node, plan), REASON);
        }
        for module in here {
            let parsed = Parsed::failed(REASON);
            let mut of_plan = self.statuses.of(plan);
            of_plan.offer(module, Origin::OwnNode, key, parsed);
        }
    }

    /// The replies are `name`, `provider` and `url`, asked for by name: on cores
    /// before 3.20 the same hash holds the storage's credentials.
    pub fn destination(&mut self, id: &DestinationId, fields: [Reply; 3]) {
        if fields.iter().any(|reply| matches!(reply, Reply::WrongType)) {
            self.statuses.note(keys::destination(id), Reason::NotAHash);
            return;
        }
        let [name, provider, url] = fields.map(Reply::value);
        let url = url.as_ref().and_then(raw);
        let text = |value: Option<Value>| value.as_ref().and_then(label);
        let (name, provider) = (text(name), text(provider));
        if name.is_none() && provider.is_none() && url.is_none() {
            return;
        }
        let destination = Destination {
            name: name.unwrap_or_else(|| id.to_string()),
            provider: provider.unwrap_or_default(),
            url: shown(&without_credentials(&url.unwrap_or_default())),
        };
        self.state.destinations.insert(id.clone(), destination);
    }

    pub fn finish(mut self) -> ClusterState {
        (self.state.statuses, self.state.unreadable) = self.statuses.finish();
        self.state
    }

    fn note_field(&mut self, key: &str, field: &str, reason: Reason) {
        self.statuses.note(with_field(key, field), reason);
    }
}

/// A field of a hash, fit to be shown.
fn with_field(key: &str, field: &str) -> String {
    format!("{key} {}", shown(field))
}

fn origin(modules: &Modules, module: &ModuleId, node: NodeId) -> Origin {
    match modules.get(module).and_then(|module| module.node) {
        Some(home) if home != node => Origin::AnyNode,
        _ => Origin::OwnNode,
    }
}

/// What cannot be a UUID is nobody's, and makes no difference.
fn uuids(words: Option<&Value>) -> BTreeSet<ModuleUuid> {
    let words = words.and_then(raw).unwrap_or_default();
    let uuids = words.split_whitespace().filter(|word| is_id(word));
    uuids.map(ModuleUuid::from).collect()
}

/// The number of a node.
pub(super) fn node_id(value: &Value) -> Option<NodeId> {
    raw(value).and_then(|text| text.parse().ok()).map(NodeId)
}
