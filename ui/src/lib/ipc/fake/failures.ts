/** Failures by name: asking the model `fail-rate_limited` fails with that class. */

import type { FailureClass, FailureView, Side } from '../gen/types';

interface Words {
  side: Side;
  sentence: string;
  advice: string;
  words: string;
  status: number | null;
}

const WORDS: Partial<Record<FailureClass, Words>> = {
  payment_required: {
    side: 'settings',
    sentence: 'There is no credit left on this account.',
    advice: 'Top it up, or ask another model.',
    words: '{"error":{"message":"Insufficient credits","code":402}}',
    status: 402,
  },
  authentication: {
    side: 'settings',
    sentence: 'The provider does not accept the key.',
    advice: 'Put in a new key, or check that it belongs to this provider.',
    words: '{"error":{"message":"Incorrect API key provided: [removed]","code":"invalid_api_key"}}',
    status: 401,
  },
  rate_limited: {
    side: 'provider',
    sentence: 'The provider asks for a pause: too many requests.',
    advice: 'Wait about 20 seconds and try again, or ask another model.',
    words: '{"error":{"message":"Rate limit reached","type":"requests"}}',
    status: 429,
  },
  overloaded: {
    side: 'provider',
    sentence: 'The provider has no capacity right now.',
    advice: 'Try again in a minute, or ask another model.',
    words: 'overloaded_error: Overloaded',
    status: 529,
  },
  key_missing: {
    side: 'settings',
    sentence: 'There is no key for this provider.',
    advice: 'Add one under Models & routes.',
    words: '',
    status: null,
  },
  connection_refused: {
    side: 'settings',
    sentence: 'Nothing listens at that address and port.',
    advice: 'Check that the server is running and that the port is right.',
    words: 'connect to 127.0.0.1:9: Connection refused (os error 111)',
    status: null,
  },
  unexpected_content: {
    side: 'provider',
    sentence: 'The address answers with a web page, not with an API.',
    advice: 'The base URL usually ends in /v1.',
    words: '<!doctype html><title>Welcome</title>',
    status: 200,
  },
  stream_cut: {
    side: 'provider',
    sentence: 'The answer ended in the middle.',
    advice: 'Try again; what came so far is kept.',
    words: 'The stream ended without a finish reason.',
    status: 200,
  },
  silence_timeout: {
    side: 'provider',
    sentence: 'The provider fell silent in the middle of the answer.',
    advice: 'Try again, or ask another model.',
    words: '',
    status: null,
  },
  local_model_missing: {
    side: 'this_computer',
    sentence: 'The local model is not on this computer yet.',
    advice: 'Get it once, about 100 MB.',
    words: '',
    status: null,
  },
  keychain_unavailable: {
    side: 'this_computer',
    sentence: 'The keychain does not hand out the key right now.',
    advice: 'Unlock it and look again.',
    words: 'org.freedesktop.Secret.Error.IsLocked',
    status: null,
  },
};

export function failureNamed(failureClass: FailureClass): FailureView {
  const words = WORDS[failureClass] ?? {
    side: 'provider',
    sentence: `The provider failed (${failureClass}).`,
    advice: 'Try again, or ask another model.',
    words: failureClass,
    status: 500,
  };
  return {
    class: failureClass,
    code: null,
    requestId: words.status === null ? null : 'req_0a1b2c3d',
    ...words,
  };
}
