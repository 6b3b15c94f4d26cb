type Environment = Readonly<Record<string, string | undefined>>;

/** Where the alert relay of a local stack stands, and where what it sends goes. */
export interface LocalRelay {
  readonly port: number;
  /** Of the messages when there is no robot. */
  readonly messageFile: string;
}

/** What the relay is started with: the stack's addresses, then what the user has set, then what both ends must agree on. */
export function relayEnvironment(
  user: Environment,
  stack: { readonly tokenFile: string; readonly otlpHttp: string; readonly grafana?: string | undefined },
  relay: { readonly port: number; readonly folder: string; readonly messagesUrl: string },
): Record<string, string> {
  const values: Environment = {
    GLASSGATE_RELAY_FOLDER: relay.folder,
    GLASSGATE_RELAY_GRAFANA_URL: stack.grafana,
    OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpHttp,
    ...user,
    ...(hasRobot(user) ? {} : { GLASSGATE_RELAY_DINGTALK_URL: relay.messagesUrl }),
    GLASSGATE_RELAY_HOST: '127.0.0.1',
    GLASSGATE_RELAY_PORT: String(relay.port),
    GLASSGATE_RELAY_TOKEN: undefined,
    GLASSGATE_RELAY_TOKEN_FILE: stack.tokenFile,
  };
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Two sentences on where alerts go, since nobody should wait for a message that has nowhere to go. */
export function describeAlerts(user: Environment, { messageFile }: LocalRelay): string {
  const relayUrl = user['GLASSGATE_STACK_RELAY_URL'] ?? '';
  const dingTalk = hasRobot(user)
    ? 'to the robot of GLASSGATE_RELAY_DINGTALK_URL'
    : `into ${messageFile}, as GLASSGATE_RELAY_DINGTALK_URL is not set`;
  const host = user['GLASSGATE_STACK_SMTP_HOST'] ?? '';
  const mail = host === '' ? 'not sent, as GLASSGATE_STACK_SMTP_HOST is not set' : `by ${host}`;
  return `DingTalk: ${relayUrl === '' ? dingTalk : `by the relay at ${relayUrl}`}. Mail: ${mail}.`;
}

function hasRobot(user: Environment): boolean {
  return ['GLASSGATE_RELAY_DINGTALK_URL', 'GLASSGATE_RELAY_DINGTALK_URL_FILE'].some(
    (name) => (user[name] ?? '') !== '',
  );
}
