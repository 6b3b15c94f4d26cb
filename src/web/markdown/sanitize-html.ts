import createDOMPurify from 'dompurify';

/** What `renderBlocks` can make, and nothing else. */
const TEXT_TAGS = 'p br hr strong em del code pre blockquote a ul ol li div span h3 h4 h5 h6'.split(' ');
const OTHER_TAGS = 'table thead tbody tr th td button'.split(' ');
const PLAIN_ATTRIBUTES =
  'target rel class type title tabindex start aria-label data-citation data-copy-code'.split(' ');

/** The last word on what a rendered answer may contain: a short list of tags and attributes, web and mail links only. */
export function sanitizeHtml(html: string): string {
  return createDOMPurify.sanitize(html, {
    ALLOWED_TAGS: [...TEXT_TAGS, ...OTHER_TAGS],
    ALLOWED_ATTR: ['href', ...PLAIN_ATTRIBUTES],
    // DOMPurify holds every attribute to the address pattern below except those named here.
    ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}
