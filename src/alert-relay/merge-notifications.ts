import { SEVERITIES, type Alert, type Notification } from './notification.ts';

type Some<T> = readonly [T, ...T[]];

/** Notifications, oldest first, group by group; groups in the order in which they came. */
export function mergeGroups(notifications: Some<Notification>): [Notification, ...Notification[]] {
  const [oldest, ...newer] = notifications;
  const groups = new Map([[oldest.groupKey, oldest]]);
  for (const notification of newer) {
    const earlier = groups.get(notification.groupKey);
    groups.set(
      notification.groupKey,
      earlier === undefined ? notification : mergeNotifications(earlier, notification),
    );
  }
  const [first = oldest, ...more] = Array.from(groups.values(), sortAlerts);
  return [first, ...more];
}

/** Of each alert the newest state: one that fired and ended while it waited is told once, with both times. */
function mergeNotifications(earlier: Notification, later: Notification): Notification {
  const alerts = new Map<string, Alert>();
  for (const alert of [...earlier.alerts, ...later.alerts]) alerts.set(alert.fingerprint, alert);
  return { ...later, alerts: [...alerts.values()] };
}

/** Firing alerts first, then urgent ones, then new ones. */
function sortAlerts(notification: Notification): Notification {
  return { ...notification, alerts: [...notification.alerts].sort(byUrgency) };
}

function byUrgency(left: Alert, right: Alert): number {
  if (left.firing !== right.firing) return left.firing ? -1 : 1;
  const urgency = SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity);
  return urgency === 0 ? right.startsAt - left.startsAt : urgency;
}
