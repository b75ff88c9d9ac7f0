-- Personal data. Whatever can be read of a person lies in vault_value alone, sealed under a key for that person and
-- purpose; that key lies in vault_key, wrapped under a root key that is not in the database.

-- Root keys by number: what each is told by without telling anything of it. A row without a root key in the file is a
-- lost key, one whose check differs a wrong one.
create table vault_root (
  root        int primary key,
  check_value bytea not null check (octet_length(check_value) = 32),
  made_at     timestamptz not null,
  -- No key is wrapped under it any more, and it is out of the file.
  removed_at  timestamptz
);
grant select on vault_root to thingward_door;
grant select, insert, update on vault_root to thingward_corridor;

-- Keys of blind indexes, wrapped like the others, one for each index; they belong to the installation.
create table vault_index_key (
  index_name text primary key,
  root       int not null references vault_root,
  wrapped    bytea not null,
  made_at    timestamptz not null
);
grant select on vault_index_key to thingward_door;
grant select, insert, update on vault_index_key to thingward_corridor;

-- Somebody whose data is kept: a natural person, a unit, or somebody known by what they wrote alone. The subject of a
-- natural person or unit stands for it in the registry, under the handle.
create table person (
  person_id  bigint generated always as identity primary key,
  party_id   bigint not null references party,
  handle     text not null unique check (handle ~ '^[hw]-[0-9a-f]{16}$'),
  kind       text not null check (kind in ('natural', 'unit', 'writer')),
  subject_id bigint references subject,
  state      text not null default 'active' check (state in ('active', 'shredded')),
  made_at    timestamptz not null,
  made_by    text not null,
  ended_at   timestamptz
);
create index person_party on person (party_id, person_id);
select protect('person');
grant select, insert, update on person to thingward_door, thingward_corridor;

create table vault_key (
  key_id    text primary key,
  party_id  bigint not null references party,
  person_id bigint not null references person,
  purpose   text not null check (purpose in ('real-name', 'remedy', 'informant', 'authority', 'credit')),
  root      int not null references vault_root,
  wrapped   bytea not null,
  made_at   timestamptz not null,
  unique (person_id, purpose)
);
create index vault_key_root on vault_key (root);
select protect('vault_key');
grant select, insert, update, delete on vault_key to thingward_door, thingward_corridor;

create table vault_value (
  key_id    text not null references vault_key on delete cascade,
  party_id  bigint not null references party,
  person_id bigint not null,
  field     text not null check (field ~ '^[a-z0-9/-]{1,80}$'),
  sealed    bytea not null,
  sealed_at timestamptz not null,
  primary key (key_id, field)
);
select protect('vault_value');
grant select, insert, update, delete on vault_value to thingward_door, thingward_corridor;

-- Digests by which an exact text is found; they go with the key.
create table vault_index (
  index_name text not null,
  digest     bytea not null check (octet_length(digest) = 32),
  key_id     text not null references vault_key on delete cascade,
  party_id   bigint not null references party,
  person_id  bigint not null references person,
  primary key (index_name, digest, key_id)
);
select protect('vault_index');
grant select, insert, delete on vault_index to thingward_door, thingward_corridor;

-- Keys that were destroyed, and why: proof without anything to read.
create table vault_key_end (
  key_id    text primary key,
  party_id  bigint not null,
  person_id bigint not null,
  purpose   text not null,
  reason    text not null,
  ended_by  text not null,
  ended_at  timestamptz not null
);
select protect('vault_key_end');
select append_only('vault_key_end');
grant select, insert on vault_key_end to thingward_door, thingward_corridor;

-- Looks at personal data: who, whose, which fields, for what, in which case (Decision art. 3, L-24).
create table vault_look (
  look_id   bigint generated always as identity primary key,
  party_id  bigint not null references party,
  person_id bigint not null references person,
  actor     text not null,
  purpose   text not null,
  use       text not null,
  case_id   bigint references incident,
  fields    text[] not null,
  looked_at timestamptz not null
);
create index vault_look_person on vault_look (person_id, look_id);
create index vault_look_actor on vault_look (actor, looked_at);
select protect('vault_look');
select append_only('vault_look');
grant select, insert on vault_look to thingward_door, thingward_corridor;

-- How many persons somebody has looked at on a day; the row is held while one more is counted.
create table vault_reader_day (
  party_id bigint not null references party,
  actor    text not null,
  day      date not null,
  persons  int not null,
  refused  int not null default 0,
  primary key (actor, day, party_id)
);
select protect('vault_reader_day');
grant select, insert, update on vault_reader_day to thingward_door, thingward_corridor;

-- Documents of identity; their numbers lie in the vault.
create table identity_document (
  document_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  person_id   bigint not null references person,
  kind        text not null,
  expires_on  date,
  made_at     timestamptz not null,
  made_by     text not null
);
create index identity_document_person on identity_document (person_id);
select protect('identity_document');
grant select, insert on identity_document to thingward_door, thingward_corridor;

create table identity_verification (
  verification_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  person_id   bigint not null references person,
  document_id bigint not null references identity_document,
  outcome     text not null check (outcome in ('verified', 'failed', 'withdrawn')),
  method      text not null,
  evidence_sha256 text check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
  verified_by text not null,
  verified_at timestamptz not null,
  valid_to    timestamptz not null
);
create index identity_verification_person on identity_verification (person_id, verification_id desc);
select protect('identity_verification');
select append_only('identity_verification');
grant select, insert on identity_verification to thingward_door, thingward_corridor;

-- Verifying again of a suspicious card: identity and scenario, by a moment (anti-fraud law art. 11, 12 ¶3; C-46).
create table re_verification (
  re_verification_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  case_id     bigint not null references incident,
  subject_id  bigint not null references subject,
  state       text not null default 'running' check (state in ('running', 'passed', 'failed', 'lapsed', 'passed-late')),
  reason      text not null,
  on_lapse    text not null,
  clock_id    text not null,
  catalogue   text not null,
  asked_at    timestamptz not null,
  asked_by    text not null,
  due_at      timestamptz not null,
  identity_at timestamptz,
  identity_by text,
  scenario_at timestamptz,
  scenario_by text,
  scenario_evidence text check (scenario_evidence ~ '^[0-9a-f]{64}$'),
  measure_id  bigint references measure,
  not_ordered text,
  ended_at    timestamptz
);
create unique index re_verification_once on re_verification (subject_id) where state in ('running', 'lapsed');
create index re_verification_due on re_verification (due_at) where state = 'running';
create index re_verification_case on re_verification (case_id);
select protect('re_verification');
grant select, insert, update on re_verification to thingward_door, thingward_corridor;

-- What somebody restricted is told: reason, remedy channel, documents (art. 32 ¶3). The code lets them appeal without
-- an account.
create table remedy_notice (
  notice_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  case_id     bigint not null references incident,
  measure_id  bigint not null unique references measure,
  reason      jsonb not null,
  remedy      jsonb not null,
  documents   jsonb not null check (jsonb_array_length(documents) > 0),
  catalogue   text not null,
  code_digest bytea not null unique check (octet_length(code_digest) = 32),
  issued_at   timestamptz not null,
  sent_at     timestamptz,
  sent_by     text,
  channel     text,
  proof_sha256 text check (proof_sha256 ~ '^[0-9a-f]{64}$'),
  check ((sent_at is null) = (channel is null) and (sent_at is null) = (sent_by is null))
);
create index remedy_notice_case on remedy_notice (case_id);
select protect('remedy_notice');
grant select, insert, update on remedy_notice to thingward_door, thingward_corridor;

create table appeal (
  appeal_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  case_id     bigint not null references incident,
  person_id   bigint not null references person,
  via         text not null check (via in ('code', 'desk')),
  state       text not null default 'received' check (state in ('received', 'upheld', 'rejected')),
  received_at timestamptz not null,
  received_by text not null,
  due_at      timestamptz,
  answered_at timestamptz,
  answered_by text,
  check ((state = 'received') = (answered_at is null))
);
create unique index appeal_open_once on appeal (case_id) where state = 'received';
select protect('appeal');
grant select, insert, update on appeal to thingward_door, thingward_corridor;

-- Reports to the police or the regulator under art. 14, with addressee, time and proof of sending.
create table authority_report (
  report_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  case_id     bigint references incident,
  person_id   bigint not null references person,
  addressee_kind text not null check (addressee_kind in ('police', 'regulator')),
  addressee   text not null,
  about       text not null,
  basis       text not null,
  state       text not null default 'written' check (state in ('written', 'sent', 'acknowledged')),
  text_sha256 text not null check (text_sha256 ~ '^[0-9a-f]{64}$'),
  written_at  timestamptz not null,
  written_by  text not null,
  due_at      timestamptz not null,
  sent_at     timestamptz,
  sent_by     text,
  channel     text,
  proof_sha256 text check (proof_sha256 ~ '^[0-9a-f]{64}$'),
  acknowledged_at timestamptz,
  their_number text,
  missed_at   timestamptz,
  check (state = 'written' or (sent_at is not null and channel is not null and proof_sha256 is not null))
);
create index authority_report_due on authority_report (due_at) where state = 'written' and missed_at is null;
select protect('authority_report');
grant select, insert, update on authority_report to thingward_door, thingward_corridor;

-- What informants told (art. 30 ¶3): words and address lie in the vault, the receipt code as a digest.
create table informant_report (
  report_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  person_id   bigint not null references person,
  kind        text not null,
  has_contact boolean not null,
  state       text not null default 'received' check (state in ('received', 'acknowledged', 'answered')),
  receipt_digest bytea not null unique check (octet_length(receipt_digest) = 32),
  received_at timestamptz not null,
  acknowledge_by timestamptz not null,
  answer_by   timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  answered_at timestamptz,
  answered_by text,
  outcome     text check (outcome in ('confirmed', 'unconfirmed', 'passed-on', 'not-ours')),
  case_id     bigint references incident,
  acknowledge_missed_at timestamptz,
  answer_missed_at timestamptz,
  check ((state = 'answered') = (answered_at is not null and outcome is not null))
);
create index informant_report_due on informant_report (least(acknowledge_by, answer_by)) where state <> 'answered';
select protect('informant_report');
grant select, insert, update on informant_report to thingward_door, thingward_corridor;

-- Bounds on addresses that are open to everybody; the counter is a keyed digest.
create table open_try (
  counter   bytea not null check (octet_length(counter) = 32),
  window_at timestamptz not null,
  tries     int not null,
  primary key (counter, window_at)
);
grant select, insert, update, delete on open_try to thingward_corridor;

-- Credit entries (art. 31): none without the decision that confirms it, which lies in the vault; its digest here.
create table credit_entry (
  entry_id    bigint generated always as identity primary key,
  party_id    bigint not null references party,
  person_id   bigint not null references person,
  class       text not null check (class in ('minor', 'general', 'serious')),
  authority   text not null,
  authority_level text not null check (authority_level in ('prefecture', 'province', 'ministry')),
  decision_number text not null,
  decision_date date not null,
  decision_sha256 text not null check (decision_sha256 ~ '^[0-9a-f]{64}$'),
  regime      text not null,
  state       text not null default 'recorded' check (state in ('recorded', 'repaired', 'ended', 'withdrawn')),
  repairable_from date not null,
  ends_on     date not null check (ends_on >= repairable_from),
  appeal_state text check (appeal_state in ('received', 'upheld', 'rejected')),
  appeal_due_at timestamptz,
  recorded_at timestamptz not null,
  recorded_by text not null,
  unique (person_id, decision_number)
);
create index credit_entry_ends on credit_entry (ends_on) where state = 'recorded';
select protect('credit_entry');
grant select, insert, update on credit_entry to thingward_door, thingward_corridor;

create table credit_step (
  step_id  bigint generated always as identity primary key,
  entry_id bigint not null references credit_entry,
  party_id bigint not null references party,
  step     text not null,
  at       timestamptz not null,
  actor    text not null,
  proof_sha256 text check (proof_sha256 ~ '^[0-9a-f]{64}$')
);
create index credit_step_entry on credit_step (entry_id, step_id);
select protect('credit_step');
select append_only('credit_step');
grant select, insert on credit_step to thingward_door, thingward_corridor;
