/** A rule keyed by a field that fires easily: the second card in a device, each record of it. */
export const TWO_CARDS = {
  id: 'two-cards',
  text: `
id: two-cards
title: { en: Two cards in a device, zh: 一机两卡 }
status: draft
reads: card-usage
key: observation.imei
zone: UTC
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: trial }]
state: { cards: { operator: distinct, of: subject.id, window: 2d, cap: 8 } }
where: state.cards >= 2
rearm: record
guards:
  small:
    title: { en: a small contract, zh: 小额合约 }
    when: has(bound.capBytes) && bound.capBytes < 1000
examples:
  fires:
    - name: two cards
      observations:
        - { at: "2026-03-01T08:00:00Z", subject: card-1, imei: "35752007426533" }
        - { at: "2026-03-01T09:00:00Z", subject: card-2, imei: "35752007426533" }
      expect: [2]
  silent:
    - name: one card
      observations:
        - { at: "2026-03-01T08:00:00Z", subject: card-1, imei: "35752007426533" }
        - { at: "2026-03-01T09:00:00Z", subject: card-1, imei: "35752007426533" }
    - name: a small contract
      guard: small
      bound: { capBytes: 10 }
      observations:
        - { at: "2026-03-01T08:00:00Z", subject: card-1, imei: "35752007426533" }
        - { at: "2026-03-01T09:00:00Z", subject: card-2, imei: "35752007426533" }
`,
} as const;
