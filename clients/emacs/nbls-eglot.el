;;; nbls-eglot.el --- nbls as the server of eglot  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Where a buffer has no other server, eglot may run nbls: then it also
;; completes, explains and lists cells.  `nbls-mode' draws as it always does.

;;; Code:

(require 'eglot)
(require 'nbls)

(defclass nbls-eglot-server (eglot-lsp-server) ()
  :documentation "The server nbls, as eglot runs it.")

(cl-defmethod eglot-client-capabilities ((_server nbls-eglot-server))
  "Those of eglot, and that this client draws."
  (let ((capabilities (copy-sequence (cl-call-next-method))))
    (plist-put capabilities :experimental (list :nbls (nbls--capability)))))

(cl-defmethod eglot-handle-notification ((server nbls-eglot-server) method &rest params)
  "Draw the news of SERVER, METHOD with PARAMS; eglot handles what is not ours."
  (if (string-match-p "\\`\\(?:nbls\\|\\$\\)/" (symbol-name method))
      (nbls--notified server method params)
    (cl-call-next-method)))

(cl-defmethod eglot-handle-request ((server nbls-eglot-server) (method (eql nbls/requestInput)) &rest params)
  "Ask the user for SERVER, whose METHOD and PARAMS say what."
  (nbls--requested server method params))

(defun nbls-eglot--managed ()
  "Draw in a buffer that eglot has given to nbls."
  (when (nbls--eglot-server) (nbls-mode)))
(add-hook 'eglot-managed-mode-hook #'nbls-eglot--managed)

(provide 'nbls-eglot)
;;; nbls-eglot.el ends here
