//! A pipeline of the library alone: systems that nobody else knows, rules made in code, a store, a clock. No program, no
//! service, no account, no mock.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, ExternalRef, FieldMap, Fingerprint, Policy, Record,
    Result as SyncResult, StreamId, SystemId,
    capability::{Capabilities, FieldCapability, Listing, StreamCapability, UpdateMode},
    connector::{Action, Connector, ConnectorInfo, Item, ListQuery, Page, Tenant, Write, Written},
    engine::{Cancel, Engine, Mode, Silent},
    model::Organisation,
    policy::{Role, RuleSet},
};
use sync_testkit::{MemoryStore, VirtualClock, drive};

/// A list of companies on paper, with one line of JSON for each.
#[derive(Debug)]
struct Paper {
    info: ConnectorInfo,
    capabilities: Capabilities,
    lines: Mutex<BTreeMap<Arc<str>, String>>,
}

impl Paper {
    fn new(name: &str) -> Arc<Self> {
        let mut cap = StreamCapability::new(EntityKind::Organisation);
        cap.list = Some(Listing::complete(100));
        cap.get_max = 1;
        cap.create = true;
        cap.update = UpdateMode::Merge;
        cap.fields = ["name", "phone"].map(|field| (field.into(), FieldCapability::read_write())).into();
        let mut capabilities = Capabilities::default();
        capabilities.streams.insert(StreamId::new("companies"), cap);
        let info = ConnectorInfo::new("paper", SystemId::new(format!("paper:{name}")), "1");
        Arc::new(Self { info, capabilities, lines: Mutex::default() })
    }
    fn put(&self, id: &str, company: Organisation) {
        let line = serde_json::to_string(&company.to_fields()).unwrap();
        self.lines.lock().unwrap().insert(id.into(), line);
    }
    fn shows(&self) -> Vec<String> {
        self.lines.lock().unwrap().values().cloned().collect()
    }
    fn name_of(&self, id: &Arc<str>) -> ExternalRef {
        sync_core::StreamKey::new(self.info.system.clone(), "companies").id(id)
    }
    fn item(&self, id: &Arc<str>, line: &str) -> Item {
        let hash = Fingerprint::of_bytes(line.as_bytes());
        Item { reference: self.name_of(id), hash, raw: line.into(), partial: false }
    }
    fn take(&self, write: &Write) -> SyncResult<Written> {
        let mut lines = self.lines.lock().unwrap();
        let id = write.action.id().cloned().unwrap_or_else(|| format!("line {}", lines.len() + 1).into());
        let known = lines.get(&id).map(|line| serde_json::from_str(line).unwrap());
        let mut fields: FieldMap = known.unwrap_or_default();
        match &write.action {
            Action::Create { parts } | Action::Update { parts, .. } => {
                parts.iter().for_each(|part| fields.overlay(&part.wanted.filter(|path| part.changed.contains(&path))));
            }
            _ => return Err(Error::new(ErrorKind::Unsupported, "write", "paper takes no more than lines")),
        }
        lines.insert(id.clone(), serde_json::to_string(&fields).unwrap());
        Ok(Written { reference: self.name_of(&id), item: None, as_sent: false })
    }
}

#[async_trait]
impl Connector for Paper {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    async fn check(&self, _: &Context) -> SyncResult<Tenant> {
        Ok(Tenant { id: self.info.system.to_string(), name: "Paper".to_owned(), base_currency: None })
    }
    async fn list(&self, _: &Context, _: &ListQuery) -> SyncResult<Page> {
        let items = self.lines.lock().unwrap().iter().map(|(id, line)| self.item(id, line)).collect();
        Ok(Page { items, ..Page::default() })
    }
    async fn get(&self, _: &Context, _: &StreamId, ids: &[Arc<str>]) -> SyncResult<Vec<Option<Item>>> {
        let lines = self.lines.lock().unwrap();
        Ok(ids.iter().map(|id| lines.get(id).map(|line| self.item(id, line))).collect())
    }
    async fn find(&self, _: &Context, _: &StreamId, _: &FieldMap) -> SyncResult<Vec<Item>> {
        Err(Error::new(ErrorKind::Unsupported, "find", "nobody looks on paper"))
    }
    async fn write(&self, _: &Context, writes: &[Write]) -> Vec<SyncResult<Written>> {
        writes.iter().map(|write| self.take(write)).collect()
    }
    fn decode(&self, item: &Item) -> SyncResult<Vec<Record>> {
        Ok(vec![Record::new(item.reference.clone(), serde_json::from_str(&item.raw).unwrap())])
    }
    fn hints(&self, _: &[(String, String)], _: &[u8]) -> SyncResult<Vec<ExternalRef>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_pipeline_is_a_policy_two_connectors_a_store_and_a_clock() {
    let (office, shop) = (Paper::new("office"), Paper::new("shop"));
    let rules = RuleSet::new(EntityKind::Organisation, "office");
    let rules = rules.system("office", Role::reads()).system("shop", Role::reads().creates().updates());
    let mut policy = Policy::default();
    policy.entities.insert("companies".into(), rules);
    let engine = Engine::builder(Arc::new(MemoryStore::default()), Arc::new(VirtualClock::default()))
        .system(office.clone())
        .system(shop.clone())
        .policy(policy)
        .build()
        .unwrap();
    let run = |mode| drive(engine.run(mode, &Silent, &Cancel::new())).unwrap();

    office.put("1", Organisation::new().name("Nordic Widgets AB").phone("08-1"));
    run(Mode::Adopt);
    assert_eq!(run(Mode::Sync).writes(), 1);
    office.put("1", Organisation::new().name("Nordic Widgets AB").phone("08-2"));
    assert_eq!(run(Mode::Sync).writes(), 1);
    assert_eq!(shop.shows(), office.shows());
    assert_eq!(run(Mode::Sync).writes(), 0);
}
