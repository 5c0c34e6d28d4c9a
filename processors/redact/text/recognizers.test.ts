import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RedactionKind } from '../kinds.ts';
import { luhn, mod97 } from '../../../schemas/check-digits.ts';
import { verhoeff } from './checksums.ts';
import { findInText } from './text-redactor.ts';

function found(kind: RedactionKind, text: string): readonly string[] {
  return findInText(text, new Set([kind])).map(({ start, end }) => text.slice(start, end));
}

const digit = fc.integer({ min: 0, max: 9 });
const digits = (count: number) => fc.array(digit, { minLength: count, maxLength: count }).map((list) => list.join(''));
const lastDigit = (body: string, check: (text: string) => boolean): string => {
  const last = Array.from('0123456789').find((candidate) => check(body + candidate));
  assert.ok(last !== undefined);
  return body + last;
};

describe('cards', () => {
  const cards = fc
    .constantFrom('4', '51', '2221', '6011')
    .chain((prefix) => digits(15 - prefix.length).map((rest) => lastDigit(prefix + rest, luhn)));

  it('are found with any grouping when the check digit is right, and not when any digit is another', () => {
    fc.assert(
      fc.property(cards, fc.constantFrom('', ' ', '-'), fc.nat(15), fc.integer({ min: 1, max: 9 }), (card, separator, place, by) => {
        const grouped = (text: string): string => (text.match(/.{4}/g) ?? []).join(separator);
        assert.deepEqual(found('card', `Pay with ${grouped(card)}.`), [grouped(card)]);
        const wrong = card.slice(0, place) + String((Number(card[place]) + by) % 10) + card.slice(place + 1);
        assert.deepEqual(found('card', `Pay with ${grouped(wrong)}.`), []);
      }),
    );
  });

  it('of unusual length need a word for it', () => {
    assert.deepEqual(found('card', 'Visa 4222222222222'), ['4222222222222']);
    assert.deepEqual(found('card', 'Ref 4222222222222'), []);
  });

  it('of issuers that are on no list need a word for it too, and the nearest word decides', () => {
    const local = lastDigit('18002308010548', luhn);
    assert.deepEqual(found('card', `block card no ${local}`), [local]);
    assert.deepEqual(found('card', `batch ${local}`), []);
    assert.deepEqual(found('card', `paid by card, order ${local}`), []);
  });
});

describe('IBANs', () => {
  it('are found when country, length and remainder agree, and not when a digit is another', () => {
    fc.assert(
      fc.property(digits(18), fc.boolean(), fc.nat(17), fc.integer({ min: 1, max: 9 }), (account, grouped, place, by) => {
        const check = String(98 - mod97(`${account}DE00`)).padStart(2, '0');
        const print = (text: string): string => (grouped ? (text.match(/.{1,4}/g) ?? []).join(' ') : text);
        assert.deepEqual(found('iban', `To ${print(`DE${check}${account}`)} now`), [print(`DE${check}${account}`)]);
        const wrong = account.slice(0, place) + String((Number(account[place]) + by) % 10) + account.slice(place + 1);
        assert.deepEqual(found('iban', print(`DE${check}${wrong}`)), []);
      }),
    );
  });
});

it('IBANs of a length or country that is on no list need a word for it, and their remainder', () => {
  const odd = 'GB71MEXY9490669305710';
  assert.deepEqual(found('iban', `transfer from ${odd} please`), [odd]);
  assert.deepEqual(found('iban', `model ${odd}`), []);
  assert.deepEqual(found('iban', 'transfer from GB72MEXY9490669305710 please'), []);
});

describe('phone numbers in sentences', () => {
  it('need no form where a phrase says that they are dialled, and a round number is a count', () => {
    for (const text of [
      'You can call 13490329029',
      'reach me at 38759477',
      'no message on my registered 0413859125',
      'My number is 8284500697',
    ]) {
      assert.deepEqual(found('phone', text), [text.slice(text.search(/\d/))]);
    }
    for (const text of ['messages to 20000000 users', 'recall 13490329029', 'my order number is 8284500697'])
      assert.deepEqual(found('phone', text), []);
  });

  it('are found without the brackets around them, and with those around a part', () => {
    assert.deepEqual(found('phone', 'Ann (+44(0)20 7946 0018)'), ['+44(0)20 7946 0018']);
    assert.deepEqual(found('phone', 'Ann (020) 7946 0018'), ['(020) 7946 0018']);
    assert.deepEqual(found('phone', 'Ann ((020) 7946 0018)'), ['(020) 7946 0018']);
    assert.deepEqual(found('phone', 'reach me at (+358) 632364521'), ['(+358) 632364521']);
  });

  it('may be of a country that does not exist when they are grouped behind a plus; thousands are not', () => {
    assert.deepEqual(found('phone', 'Office: +99 52 754 9446'), ['+99 52 754 9446']);
    assert.deepEqual(found('phone', 'views +1 234 567 890'), []);
  });
});

it('a postal code behind the short name of a state is no phone number, nor is a date', () => {
  assert.deepEqual(found('phone', 'Fifth Floor, Boston, MA  02110-1301 USA'), []);
  assert.deepEqual(found('phone', 'call 2024-05-06'), []);
  assert.deepEqual(found('phone', 'or call 0800 30 44'), ['0800 30 44']);
});

describe('national ids', () => {
  it('of India follow Verhoeff', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), digits(10), (first, rest) => {
        const number = lastDigit(`${first}${rest}`, verhoeff);
        const printed = (number.match(/.{4}/g) ?? []).join(' ');
        assert.deepEqual(found('national-id', `Aadhaar ${printed}`), [printed]);
      }),
    );
  });

  const valid = [
    'SSN 531-21-7351', 'DNI 12345678Z', 'NIE X1234567L', 'CF RSSMRA85T10A562S', 'NIR 2 55 08 14 168 025 38', 'CPF 529.982.247-25', 'PESEL 44051401359',
    'PNR 811218-9876', 'BSN 111222333', 'NINO AB123456C', 'Steuer-ID 86095742719', 'AHV 756.9217.0769.85', 'HETU 131052-308T', 'BE 85.07.30-033.28',
    'ID 11010519491231002X', 'NRIC S1234567D', 'kimlik 10000000146', 'CURP HEGG560427MVZRRL04', 'RUT 12.345.678-5', 'PPSN 1234567T', 'SIN 130 692 544',
    'NHS 943 476 5919', 'TFN 123 456 782', 'South African ID 8001015009087', 'OIB 33392005961', 'NIF 123456789', 'CNP 1800101221144', 'RRN 8506033301',
  ]; // prettier-ignore
  it('are found when their check holds and missed when their last sign is another', () => {
    const checked = valid.filter((text) => !/^(?:SSN|NINO|CNP|RRN|OIB)/.test(text));
    for (const text of checked) {
      const number = text.replace(/^[A-Za-z -]*? (?=[\dA-Z])/, '');
      assert.ok(
        found('national-id', text).some((one) => text.endsWith(one) && number.endsWith(one)),
        text,
      );
      const last = text.at(-1) ?? '';
      const other = /\d/.test(last) ? String((Number(last) + 1) % 10) : last === 'K' ? 'L' : 'K';
      assert.deepEqual(found('national-id', text.slice(0, -1) + other), [], `${text} with another last sign`);
    }
  });

  it('of the United States have no area 000, 666 or 9xx, no group 00 and no serial 0000', () => {
    for (const number of ['000-12-3456', '666-12-3456', '900-12-3456', '531-00-7351', '531-21-0000'])
      assert.deepEqual(found('national-id', `SSN ${number}`), []);
  });
});

describe('phone numbers', () => {
  it('are told from numbers that name things by the nearest word', () => {
    assert.deepEqual(found('phone', 'Order 301-555-1234'), []);
    assert.deepEqual(found('phone', 'About order 12, call 301-555-1234'), ['301-555-1234']);
    assert.deepEqual(found('phone', 'Phone order 301-555-1234'), []);
  });

  it('are not dates, times, amounts, versions or coordinates', () => {
    const others = [
      'Call by 12/09/2016',
      'Call 2024-04-12 14:48',
      'tel: 1.234.567,89',
      'Version 10.0.19041.1',
      '51.5074, -0.1278',
      '2019-2024',
      '1700000000',
    ];
    for (const text of others) assert.deepEqual(found('phone', text), [], text);
  });
});

describe('addresses of machines', () => {
  it('are not versions, sections, loopbacks or masks', () => {
    for (const text of ['v1.20.3.4', 'Chrome/120.0.61.20', 'Section 1.2.3.4', '127.0.0.1', '255.255.255.0', '300.1.1.1'])
      assert.deepEqual(found('ip', text), [], text);
    assert.deepEqual(found('ip', 'from 1.2.3.4'), ['1.2.3.4']);
  });

  it('of version 6 are taken in every text form and nothing else with colons is', () => {
    for (const text of ['2001:db8::1', '::ffff:192.168.0.1', 'fe80::1%eth0', '2001:db8:0:0:1:0:0:1'])
      assert.deepEqual(found('ip', text), [text]);
    for (const text of ['::', '::1', '12:30:45', 'a::b', '1:2:3', 'std::vector', '2001:db8::1::2'])
      assert.deepEqual(found('ip', text), [], text);
  });
});

describe('secrets', () => {
  it('of a prompt are none', () => {
    for (const text of [
      'Password: required',
      'Password: ••••••••',
      'Password: must be long',
      'password: Enter password',
      'API key: none',
      'Token: expired',
    ]) {
      assert.deepEqual(findInText(text, new Set(['password', 'token'])), [], text);
    }
  });

  it('in URLs are the values of telling names, whatever they look like, and random values of doubtful ones', () => {
    assert.deepEqual(found('token', '/a?token=abc123&lang=de'), ['abc123']);
    assert.deepEqual(found('token', '/a?code=US&state=open&key=name'), []);
    assert.deepEqual(found('token', '/a?code=4f0AX4XfWh7nQ2kL9pR3sT6'), ['4f0AX4XfWh7nQ2kL9pR3sT6']);
  });
});
