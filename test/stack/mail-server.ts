import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server on loopback that reads every mail it is given and keeps it. */
export interface MailServer {
  /** HOST:PORT */
  readonly address: string;
  readonly mails: readonly ParsedMail[];
  close(): Promise<void>;
}

/** Starts a mail server that asks for no password and no TLS. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ParsedMail[] = [];
  async function keep(stream: Readable): Promise<void> {
    mails.push(await simpleParser(stream));
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => void keep(stream).finally(done),
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    mails,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
