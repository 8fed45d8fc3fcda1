// What the phone keeps is brought to a house that is written here by other rules: a plain
// list of what was said, a table of keys, and faults at every place where one can happen.
import { describe, expect, test } from 'vitest';
import { Problem } from '$api/problem';
import { anyway, baseOf, blank, discarded, foreseen, knownOf, next, outlived, shows, stillFits, wait, waits, type Answers, type Entry, type Known, type Told } from './outbox';
import { send, type Means, type Shelf, type Wire } from './sender';
import { after, type Stage } from './way';

const MS = 1_700_000_000_000;
class Died extends Error {}

/** A house: what was said of one point, and the answers that it has given. */
class House {
  said: { to: Stage; happened_us: number; by: string }[] = [];
  photos = new Set<string>();
  retired = false;
  session: string | null = 'ani';
  site: string | null = null;
  /** Answers by key: the request, and what was said to it. */
  answers = new Map<string, { request: string; told: Told }>();
  /** Called at each place where a line can break. */
  fault: (where: 'before' | 'after') => void = () => {};

  told(): Told {
    const last = [...this.said].sort((a, b) => a.happened_us - b.happened_us).at(-1);
    return { id: 'p', state: last?.to ?? 'listed', state_us: last?.happened_us ?? null, site: this.site, retired_us: this.retired ? 1 : null };
  }
  private guarded<T>(act: () => T): T {
    this.fault('before');
    if (!this.session) throw new Problem(401, 'not-signed-in', '', '');
    const done = act();
    this.fault('after');
    return done;
  }
  private once(key: string, request: string, act: () => void): Told {
    const known = this.answers.get(key);
    if (known) {
      if (known.request !== request) throw new Problem(409, 'idempotency', '', '');
      return known.told;
    }
    if (this.retired) throw new Problem(409, 'point-retired', '', '');
    act();
    const told = this.told();
    this.answers.set(key, { request, told });
    return told;
  }
  wire(): Wire {
    return {
      who: async () => {
        this.fault('before');
        return this.session;
      },
      photo: async (_, octets) =>
        this.guarded(() => {
          const name = new TextDecoder().decode(octets);
          this.photos.add(name);
          return name;
        }),
      step: async (_, key, body) =>
        this.guarded(() =>
          this.once(key, JSON.stringify(body), () => {
            const { state, state_us } = this.told();
            if (body.knew && (body.knew.state !== state || body.knew.state_us !== state_us)) throw new Problem(409, 'step-moved', '', '');
            if (body.photo && !this.photos.has(body.photo)) throw new Problem(422, 'form', '', '');
            const way = [...this.said, { to: body.to, happened_us: body.happened_us, by: '' }].sort((a, b) => a.happened_us - b.happened_us);
            let from: Stage = 'listed';
            for (const one of way) {
              if (!after(from).includes(one.to)) throw new Problem(409, 'step', '', '');
              from = one.to;
            }
            this.said.push({ to: body.to, happened_us: body.happened_us, by: this.session! });
          })
        ),
      claim: async (_, key, code) => this.guarded(() => this.once(key, code, () => (this.site = code))),
      look: async () => this.guarded(() => ({ told: this.told(), steps: this.said.map((one) => ({ ...one, said_us: 0 })) }))
    };
  }
}

/** A phone: what it keeps outlives the page. */
class Phone implements Shelf {
  kept = new Map<string, Entry>();
  pictures = new Map<string, ArrayBuffer>();
  known: Known = { state: 'listed', state_us: null };
  clock = MS;
  skew = 0;
  fault: () => void = () => {};

  entries = async () => [...this.kept.values()].sort((a, b) => a.order - b.order);
  put = async (entry: Entry) => {
    this.fault();
    this.kept.set(entry.id, structuredClone(entry));
  };
  photo = async (id: string) => this.pictures.get(id) ?? null;
  told = async (point: Told) => {
    this.known = knownOf(point);
  };
  means: Means = { now_ms: () => this.clock, skew_ms: () => this.skew, words: (answers: Answers) => (answers.gps ? `[±${answers.gps.accuracy_m}]` : '') };

  async save(what: Stage | 'code', person = 'ani', answers: Partial<Answers> = {}): Promise<string> {
    const all = await this.entries();
    const order = (all.at(-1)?.order ?? 0) + 1;
    const id = `e${order}`;
    this.clock += 60_000;
    const photo = answers.photo ?? null;
    if (photo) this.pictures.set(id, new TextEncoder().encode(photo).buffer as ArrayBuffer);
    this.kept.set(id, {
      id, order, person, person_name: person, point: 'p', point_name: 'p', village: 'v', what, answers: { ...blank, note: 'x', ...answers },
      saved_ms: this.clock, begun_ms: this.clock, base: baseOf(this.known, all, 'p'), standing: 'saved', photo_sent: false, body: null,
      edition: 0, anyway: false, tries: 0, problem: null, elsewhere: null, left: null, done_ms: null, why: null
    });
    return id;
  }
  at(id: string): Entry {
    return this.kept.get(id)!;
  }
}

const standings = async (phone: Phone) => (await phone.entries()).map((entry) => entry.standing).join(' ');

describe('what a phone has kept', () => {
  test('goes in its order, each once, and is accepted', async () => {
    const [house, phone] = [new House(), new Phone()];
    for (const to of ['surveyed', 'granted', 'in_distribution'] as const) await phone.save(to);
    await phone.save('delivered', 'ani', { photo: 'foto', gps: { lat_deg: 1, lon_deg: 2, accuracy_m: 9, at_ms: 0 }, serial: ' K-1 ' });
    expect(await send(house.wire(), phone, phone.means)).toEqual({ end: 'done' });
    expect(await standings(phone)).toBe('accepted accepted accepted accepted');
    expect(house.said.map((one) => one.to)).toEqual(['surveyed', 'granted', 'in_distribution', 'delivered']);
    expect(phone.at('e4').body).toMatchObject({ serial: 'K-1', note: 'x [±9]', photo: 'foto', gps: { lat_deg: 1, lon_deg: 2 } });
    expect(phone.known.state).toBe('delivered');
  });

  test('waits for whom it belongs to, and is sent under no other name', async () => {
    const [house, phone] = [new House(), new Phone()];
    await phone.save('surveyed', 'ani');
    house.session = 'budi';
    expect(await send(house.wire(), phone, phone.means)).toEqual({ end: 'done' });
    expect([house.said.length, await standings(phone)]).toEqual([0, 'saved']);
    house.session = null;
    expect(await send(house.wire(), phone, phone.means)).toEqual({ end: 'nobody' });
    house.session = 'ani';
    await send(house.wire(), phone, phone.means);
    expect(house.said.map((one) => one.by)).toEqual(['ani']);
  });

  test('is not overtaken: what somebody else said is shown, and a person decides', async () => {
    const [house, phone] = [new House(), new Phone()];
    const id = await phone.save('surveyed');
    await phone.save('granted');
    house.said.push({ to: 'surveyed', happened_us: MS * 1000 - 5, by: 'budi' });
    await send(house.wire(), phone, phone.means);
    expect(await standings(phone)).toBe('conflict saved');
    const entry = phone.at(id);
    expect(entry.elsewhere?.told.state).toBe('surveyed');
    // Twice surveyed is no way: it can only be put away, and what follows then rests on
    // what the phone knew, which is not so any more.
    expect(stillFits(entry)).toBe(false);
    await phone.put(discarded(entry, 'sudah disurvei', phone.clock));
    await send(house.wire(), phone, phone.means);
    expect(await standings(phone)).toBe('discarded conflict');
    expect(stillFits(phone.at('e2'))).toBe(true);
    await phone.put(anyway(phone.at('e2')));
    await send(house.wire(), phone, phone.means);
    expect(await standings(phone)).toBe('discarded accepted');
    expect(house.said.map((one) => one.to)).toEqual(['surveyed', 'granted']);
  });

  test('of a point that was taken off is shown and stays', async () => {
    const [house, phone] = [new House(), new Phone()];
    const id = await phone.save('surveyed');
    house.retired = true;
    await send(house.wire(), phone, phone.means);
    expect(phone.at(id).standing).toBe('conflict');
    expect(stillFits(phone.at(id))).toBe(false);
  });

  test('was taken when only the answer was lost, also after the house forgot the key', async () => {
    const [house, phone] = [new House(), new Phone()];
    const id = await phone.save('surveyed');
    house.fault = (where) => {
      if (where === 'after') throw new Problem(0, 'unreachable', '', '');
    };
    expect((await send(house.wire(), phone, phone.means)).end).toBe('unheard');
    expect(phone.at(id)).toMatchObject({ standing: 'saved', tries: 1 });
    house.fault = () => {};
    house.answers.clear();
    await send(house.wire(), phone, phone.means);
    expect(phone.at(id).standing).toBe('accepted');
    expect(house.said).toHaveLength(1);
  });

  test('of a step with a code keeps no code once it is done', async () => {
    const [house, phone] = [new House(), new Phone()];
    const id = await phone.save('code', 'ani', { code: 'B4FXKPABG' });
    await send(house.wire(), phone, phone.means);
    expect([house.site, phone.at(id).standing, phone.at(id).answers.code]).toEqual(['B4FXKPABG', 'accepted', null]);
    expect(discarded({ ...phone.at(id), answers: { ...blank, code: 'x' } }, 'y', 1).answers.code).toBeNull();
  });

  test('says the time of the house, not that of a phone that is wrong', async () => {
    for (const skew of [-7_200_000, 0, 7_200_000]) {
      const [house, phone] = [new House(), new Phone()];
      phone.skew = skew;
      await phone.save('surveyed', 'ani', { when_ms: MS });
      await phone.save('granted', 'ani', { when_ms: MS + 86_400_000 });
      await send(house.wire(), phone, phone.means);
      const [first, second] = house.said;
      expect(first!.happened_us).toBe((MS + skew) * 1000);
      // Nothing happens after now.
      expect(second!.happened_us).toBe((phone.clock + skew) * 1000);
    }
  });

  test('is refused for good only by an answer about it', async () => {
    for (const [status, standing] of [[0, 'saved'], [401, 'saved'], [429, 'saved'], [503, 'saved'], [403, 'refused'], [404, 'refused'], [422, 'refused']] as const) {
      const [house, phone] = [new House(), new Phone()];
      const id = await phone.save('surveyed');
      const wire = { ...house.wire(), step: () => Promise.reject(new Problem(status, 'x', '', '')) };
      await send(wire, phone, phone.means);
      expect([status, phone.at(id).standing]).toEqual([status, standing]);
    }
  });

  // Thousands of days: the line breaks before and after the house has acted, the page
  // dies between any two writes, the session ends, somebody else reports.
  test('is neither lost nor doubled, whatever happens on the way', { timeout: 60_000 }, async () => {
    let doubled = 0;
    let conflicts = 0;
    for (let seed = 1; seed <= 3_000; seed += 1) {
      let dice = seed * 2_654_435_761;
      const roll = (sides: number) => {
        dice = (Math.imul(dice ^ (dice >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
        return (dice >>> 8) % sides;
      };
      const [house, phone] = [new House(), new Phone()];
      let rough = true;
      house.fault = () => {
        if (rough && roll(4) === 0) throw new Problem(0, 'unreachable', '', '');
        if (rough && roll(12) === 0) throw new Died();
        if (rough && roll(20) === 0) house.session = null;
      };
      phone.fault = () => {
        if (rough && roll(10) === 0) throw new Died();
      };
      const mine: string[] = [];
      for (let day = 0; day < 4; day += 1) {
        const state = foreseen(phone.known.state, await phone.entries(), 'p');
        const ways = after(state).filter((to) => to !== 'suspended');
        if (ways.length > 0) mine.push(await phone.save(ways[roll(ways.length)]!, 'ani', roll(2) ? { photo: `f${seed}.${day}` } : {}));
        if (roll(6) === 0) {
          const { state } = house.told();
          const to = after(state).filter((one) => one !== 'suspended')[0];
          phone.clock += 1_000;
          if (to) house.said.push({ to, happened_us: phone.clock * 1000, by: 'budi' });
        }
        if (house.session === null && roll(2)) house.session = 'ani';
        // The two clocks drift, and a house remembers a key for three days only.
        phone.skew = (roll(5) - 2) * 1_000;
        if (roll(6) === 0) house.answers.clear();
        await send(house.wire(), phone, phone.means).catch((failure: unknown) => {
          if (!(failure instanceof Died)) throw failure;
        });
      }
      rough = false;
      house.session = 'ani';
      // A calm day at the office: what waits goes, and what is in conflict is decided.
      for (let turn = 0; turn < 20 && (await phone.entries()).some(waits); turn += 1) {
        expect((await send(house.wire(), phone, phone.means)).end).toBe('done');
        for (const entry of await phone.entries()) {
          if (entry.standing !== 'conflict') continue;
          conflicts += 1;
          await phone.put(stillFits(entry) ? anyway(entry) : discarded(entry, 'x', phone.clock));
        }
      }
      const all = await phone.entries();
      expect([seed, all.map((entry) => entry.id)]).toEqual([seed, mine]);
      expect([seed, all.filter((entry) => entry.standing !== 'accepted' && entry.standing !== 'discarded')]).toEqual([seed, []]);
      const there = house.said.filter((one) => one.by === 'ani').map((one) => one.happened_us);
      doubled += there.length - new Set(there).size;
      const taken = all.filter((entry) => entry.standing === 'accepted').map((entry) => entry.body!.happened_us);
      expect([seed, [...there].sort()]).toEqual([seed, [...taken].sort()]);
    }
    expect(doubled).toBe(0);
    expect(conflicts).toBeGreaterThan(100);
  });
});

describe('the outbox', () => {
  test('waits longer each time, and never for ever', () => {
    for (let tries = 1; tries < 30; tries += 1) {
      for (const random of [0, 0.999]) expect(wait(tries, random)).toBeGreaterThanOrEqual(3_000);
      expect(wait(tries, 0.999)).toBeLessThan(375_001);
    }
    expect(wait(4, 0.5)).toBe(32_000);
  });
  test('lets no entry pass another of the same point, and others pass', async () => {
    const phone = new Phone();
    const first = await phone.save('surveyed');
    const second = await phone.save('granted');
    phone.kept.set(second, { ...phone.at(second), point: 'q' });
    const third = await phone.save('absent');
    phone.kept.set(first, { ...phone.at(first), standing: 'conflict' });
    expect(next(await phone.entries(), 'ani')?.id).toBe(second);
    phone.kept.set(second, { ...phone.at(second), standing: 'accepted', done_ms: 0 });
    expect(next(await phone.entries(), 'ani')).toBeNull();
    phone.kept.set(first, { ...phone.at(first), standing: 'discarded' });
    expect(next(await phone.entries(), 'ani')?.id).toBe(third);
  });
  test('keeps what something rests on, and what is not done', async () => {
    const phone = new Phone();
    const first = await phone.save('surveyed');
    const second = await phone.save('granted');
    phone.kept.set(first, { ...phone.at(first), standing: 'accepted', done_ms: 1 });
    const late = 15 * 86_400_000;
    expect(outlived(await phone.entries(), late)).toEqual([]);
    phone.kept.set(second, { ...phone.at(second), standing: 'accepted', done_ms: 1 });
    expect(outlived(await phone.entries(), late).map((entry) => entry.id)).toEqual([first, second]);
    expect(outlived(await phone.entries(), late / 2)).toEqual([]);
  });
  test('a reason why there is no place shows nothing', () => {
    expect(shows({ ...blank, nogps: 'denied', note: ' ' })).toBe(false);
    expect(shows({ ...blank, serial: 'K' })).toBe(true);
  });
});
