import { CONTACT_HOURS } from '../../domain/partners/contact-change.ts';
import { CLAIM_HOURS } from '../../domain/people/grant.ts';
import { go, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';
import { at } from '../places.ts';

/** Mail to one of the people who use Bursar. */
export const PERSON_TEMPLATES: Templates<'key_claim' | 'contact_confirmation' | 'contact_warning' | 'sign_in_changed'> =
  {
    key_claim: ({ person, kind, role, partner, hours, token }, { contact }, voice) => {
      const command = {
        is: 'command',
        before: 'curl -sS -X POST ',
        path: '/v1/keys/claim',
        after: ` -H 'content-type: application/json' -d '{"token":"${token}"}'`,
      } as const;
      if (kind === 'system')
        return {
          subject: voice.say('key.system.subject', { person, role }),
          parts: [
            say(voice.say('key.system', { person, role, hours })),
            command,
            say(voice.say('key.system.keep', { contact })),
          ],
        };
      const way = voice.say(partner ? 'key.way.portal' : 'key.way', { partner, role });
      return {
        subject: hours < CLAIM_HOURS ? voice.say('key.endsSoon', { way }) : way,
        parts: [
          say(voice.say(partner ? 'key.text.portal' : 'key.text', { person, partner, role, hours })),
          go(voice.say('key.choose'), at('/invitations', token)),
          say(voice.say('key.api')),
          command,
          say(voice.say('key.keep', { contact })),
        ],
      };
    },
    contact_confirmation: ({ partner, person, token }, { contact }, voice) => ({
      subject: voice.say('confirm.subject', { partner }),
      parts: [
        say(voice.say('confirm.text', { person, partner, hours: CONTACT_HOURS })),
        go(voice.say('confirm.go'), at('/contact-changes', token)),
        say(voice.say('confirm.ifNot', { contact })),
      ],
    }),
    contact_warning: ({ partner, person, token }, { contact }, voice) => ({
      subject: voice.say('contactAsked.subject'),
      parts: [
        say(voice.say('warning.text', { person, partner, hours: CONTACT_HOURS })),
        say(voice.say('warning.ifNot')),
        go(voice.say('warning.go'), at('/contact-stops', token)),
        say(voice.say('warning.or', { contact })),
      ],
    }),
    sign_in_changed: ({ person, change, name }, { contact }, voice) => ({
      subject: voice.say(`signIn.${change}.subject`, { person }),
      parts: [
        say(voice.say(`signIn.${change}`, { name })),
        go(voice.say('signIn.see'), '/account'),
        say(voice.say('signIn.ifNot', { contact })),
      ],
    }),
  };
