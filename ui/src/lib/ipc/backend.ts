/**
 * The seam between the window and whatever answers it: the shell in the app, an in-memory backend in
 * tests and in the mock server. State and features know this interface only.
 */

import type { CommandMap } from './gen/commands';
import type { StoreChanged } from './gen/types';

export type CommandName = keyof CommandMap;
export type Request<Name extends CommandName> = CommandMap[Name]['request'];
export type Reply<Name extends CommandName> = CommandMap[Name]['reply'];
export type ChannelMessage<Name extends CommandName> = CommandMap[Name]['channel'];

/** Commands that push messages through a channel until their work is done. */
export type StreamingName = {
  [Name in CommandName]: [ChannelMessage<Name>] extends [never] ? never : Name;
}[CommandName];
export type PlainName = Exclude<CommandName, StreamingName>;

export type Unlisten = () => void;

export interface Backend {
  /** Rejects with something that `toIpcError` turns into an `IpcError`. */
  call<Name extends PlainName>(command: Name, request: Request<Name>): Promise<Reply<Name>>;
  /**
   * Like `call`, with messages besides. They may come before the reply and for long after it, in order.
   */
  stream<Name extends StreamingName>(
    command: Name,
    request: Request<Name>,
    onMessage: (message: ChannelMessage<Name>) => void,
  ): Promise<Reply<Name>>;
  onStoreChanged(listener: (change: StoreChanged) => void): Promise<Unlisten>;
  /** The payload is one word, such as a menu entry of the window would send. */
  onWindowAction(listener: (action: string) => void): Promise<Unlisten>;
}
